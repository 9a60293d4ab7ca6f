"""Where programmes are pulled from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_sources",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("credential", JSONB),
        sa.Column("profile_id", sa.Uuid, sa.ForeignKey("import_profiles.id")),
        sa.Column("every_min", sa.BigInteger),
        sa.Column("apply_up_to", sa.BigInteger),
        sa.Column("active", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in (
            "etag", "last_modified", "digest"
        )),
        sa.Column("pulled_at", sa.DateTime(timezone=True)),
        sa.Column("next_at", sa.DateTime(timezone=True), index=True),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("import_id", sa.Uuid),
    )
