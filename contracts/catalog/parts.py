"""The kinds of values that messages about the programme are made of."""

import re
from typing import Annotated

from marshmallow import ValidationError, validate

from contracts.message import I18n, LongText
from contracts.roles import Principal, Role


class Languages(validate.Validator):
    """A text in at least one language, by ISO 639 code, and never empty: `{"fr": "…"}`."""

    def __init__(self, required: bool = True) -> None:
        self.required = required

    def __call__(self, value: dict[str, str]) -> dict[str, str]:
        if self.required and not value:
            raise ValidationError("At least one language is needed.")
        for language, text in value.items():
            if not re.fullmatch(r"[a-z]{2,3}", language):
                raise ValidationError(f"“{language[:20]}” is no language code, such as fr.")
            if not text.strip():
                raise ValidationError(f"The text in “{language}” is empty.")
        return value


Title = Annotated[I18n, Languages()]
OptionalTitle = Annotated[I18n, Languages(required=False)]
Description = Annotated[dict[str, LongText], Languages(required=False)]
# Stable names that people choose once and other messages refer to.
Key = Annotated[str, validate.Regexp(
    r"\A[a-z0-9][a-z0-9_-]{0,62}\Z", error="Lower case letters, digits, - and _ only."
)]
Seller = Annotated[str, validate.OneOf([*Role, Principal.ESHOP, Principal.HOLDER])]
Places = Annotated[int, validate.Range(min=0, max=1_000_000)]
Age = Annotated[int, validate.Range(min=0, max=21)]
Minutes = Annotated[int, validate.Range(min=1, max=1_440)]
Year = Annotated[int, validate.Range(min=1880, max=2200)]
Limit = Annotated[int, validate.Range(min=1, max=500)]
