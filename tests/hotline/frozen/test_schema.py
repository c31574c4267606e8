"""The tables, constraints, indexes, triggers and functions that the migrations end in are kept.

All of it is read from PostgreSQL's catalog, so it holds whatever migrations lead there. Tables of
other packages are kept by name alone. The order of columns is not kept: no query relies on it.
"""

from collections.abc import Iterator, Sequence

from django.apps import apps
from django.db import connection

from tests.frozen.snapshots import assert_frozen

OURS = "takeback"
OTHERS = "procrastinate_"
"""What the objects of the job queue begin with; some of them belong to no model."""

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
           CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped
"""
CONSTRAINTS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND k.contype <> 'n'
"""
INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_constraint k
        WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""
TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgenabled, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""
RELATIONS = """
    SELECT relname, relkind, relpersistence, array_to_string(reloptions, ', ')
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
"""
VIEWS = """
    SELECT relname, pg_get_viewdef(oid)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
"""
TYPES = """
    SELECT typname, typtype FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e', 'r')
"""
FUNCTIONS = """
    SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
IDENTITIES = {"a": "identity always", "d": "identity by default"}
EXTENSIONS = "SELECT extname FROM pg_extension"


def test_the_schema_is_the_frozen_one(hotline_database: str) -> None:
    lines = sorted(set(facts()))
    blocks = [f"\n{definition.strip()}\n" for _, definition in sorted(own_functions())]
    assert_frozen("schema.txt", "".join(f"{line}\n" for line in lines) + "".join(blocks))


def facts() -> Iterator[str]:
    foreign = tables_of_others()
    relations = {name: row for name, *row in select(RELATIONS)}
    own = sorted(name for name in relations if not is_foreign(name, foreign))
    yield from (f"table of others {name}" for name in relations if name not in own)
    for name in own:
        kind, persistence, options = relations[name]
        kinds = {"r": "", "p": " partitioned", "v": " view", "m": " materialized view"}
        unlogged = " unlogged" if persistence == "u" else ""
        yield f"table {name}{kinds[kind]}{unlogged}" + (f" with {options}" if options else "")
    yield from own_columns(own)
    for table, name, definition in select(CONSTRAINTS, own):
        yield f"constraint {table} {name}: {definition}"
    for table, definition in select(INDEXES, own):
        yield f"index {table}: {definition}"
    for table, name, enabled, definition in select(TRIGGERS, own):
        fires = "" if enabled == "O" else f" (fires: {enabled})"
        yield f"trigger {table} {name}{fires}: {definition}"
    yield from (f"view {name}: {definition}" for name, definition in select(VIEWS) if name in own)
    yield from (f"extension {name}" for (name,) in select(EXTENSIONS))
    for name, kind in select(TYPES):
        if not name.startswith(OTHERS):
            yield f"type {name} ({kind})"


def own_columns(tables: Sequence[str]) -> Iterator[str]:
    for table, name, kind, required, default, identity, generated, collation in select(
        COLUMNS, tables
    ):
        parts = [f"column {table}.{name} {kind}"]
        parts += [f"collate {collation}"] if collation else []
        parts += ["not null"] if required else []
        parts += [f"{'generated as' if generated else 'default'} {default}"] if default else []
        parts += [IDENTITIES[identity]] if identity else []
        yield " ".join(parts)


def own_functions() -> Iterator[tuple[str, str]]:
    for name, definition in select(FUNCTIONS):
        if not name.startswith(OTHERS):
            yield name, definition


def tables_of_others() -> set[str]:
    models = apps.get_models(include_auto_created=True)
    others = {model._meta.db_table for model in models if model.__module__.split(".")[0] != OURS}
    return others | {"django_migrations"}


def is_foreign(table: str, foreign: set[str]) -> bool:
    return table in foreign or table.startswith(OTHERS)


def select(query: str, tables: Sequence[str] | None = None) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, None if tables is None else [list(tables)])
        rows: list[tuple[str, ...]] = cursor.fetchall()
        return rows
