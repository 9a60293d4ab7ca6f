-- The SQL effect of one wallet debit, as pgbench runs it: the statements of
-- chassis/inbox.py and wallet/usecases.py with their sizes, and nothing of Python.
\set wallet random(1, 1000)
BEGIN;
SELECT gen_random_uuid() AS command, gen_random_uuid() AS movement \gset
SELECT pg_try_advisory_xact_lock(hashtextextended('user bench ' || :command, 0)), found.fingerprint FROM (SELECT 1) AS one LEFT JOIN inbox AS found ON found.actor = 'user bench' AND found.id = :command;
SELECT id AS wallet_id, movements AS last FROM wallets WHERE code = (SELECT code FROM bench_codes WHERE n = :wallet) FOR UPDATE \gset
INSERT INTO movements (id, wallet_id, number, kind, at, paid, gifted, balance, label, lines, actor_id, actor_name, previous, hash) VALUES (:movement, :wallet_id, :last + 1, 'debit', now(), -150, 0, 100000, '', '[]', '00000000-0000-0000-0000-000000000000', 'Bar', repeat('a', 64), repeat('b', 64));
INSERT INTO postings (movement_id, account, amount) VALUES (:movement, 'holder', -150), (:movement, 'sales', 150);
UPDATE wallets SET paid = paid - 150, movements = movements + 1, head = repeat('b', 64) WHERE id = :wallet_id;
INSERT INTO outbox (message_id, type, actor, correlation_id, occurred_at, body) VALUES (gen_random_uuid(), 'bench.debited.v1', '{"kind" : "user", "id" : "00000000-0000-0000-0000-000000000000", "name" : "Bar", "roles" : ["wallet_cashier"], "sale_points" : []}', gen_random_uuid(), now(), json_build_object('pad', repeat('x', 640)));
INSERT INTO inbox (actor, id, fingerprint, answer, at) VALUES ('user bench', :command, repeat('f', 64), json_build_object('pad', repeat('x', 640)), now());
COMMIT;
