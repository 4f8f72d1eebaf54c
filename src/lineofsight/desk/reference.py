"""The reference pages of the manual, written from the code and the catalogue so that they cannot drift.

`pages()` gives every page by its path under `docs/`. The same code and catalogue give the same words, byte
for byte; `lineofsight reference --check` compares them with what is stored.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.urls import URLPattern, URLResolver, get_resolver

from lineofsight.access.policy import CARRIES, HIDDEN_WHEN_REFUSED, ROLES, Way
from lineofsight.catalogue import book, formats, kinds, limits
from lineofsight.catalogue.errors import Refused
from lineofsight.catalogue.tables import EntryRule, Format, Table
from lineofsight.desk import handbook, promises, rules_page, standards

WRITTEN = "Written by `lineofsight reference` from {source}. Change it there, and run the command again."

#: What each part of the environment does: name -> (when it is not set, what it is for).
SETTINGS: Mapping[str, tuple[str, str]] = {
    "LINEOFSIGHT_DATA": (
        "`./var`",
        "The folder of the built-in database, the received files and the kept secrets. Only its owner"
        " may read it.",
    ),
    "LINEOFSIGHT_WEB_DATABASE_URL": (
        "the owner's address, stepping down for each request",
        "On a server of your own: how the pages sign in, as a login that is a member of `lineofsight_web` and owns"
        " nothing. A production start refuses the owner's.",
    ),
    "DATABASE_URL": (
        "the built-in PostgreSQL",
        "`postgresql://user:password@host:port/name?options`: a PostgreSQL server of your own,"
        " version 15 or newer.",
    ),
    "LINEOFSIGHT_RIGHTS": (
        "`owner`",
        "With which role of the database this process works: `owner` founds and migrates, `web` serves pages,"
        " `worker` does jobs, `reader` reads. Pages are read with the rights of `web` even as `owner`.",
    ),
    "PORT": (
        "`8000`",
        "The port of `serve` and `demo`. Part of the cookies’ names, so two can run side by side.",
    ),
    "LINEOFSIGHT_PARTNERSHIP": (
        "Northshore Safeguarding Children Partnership",
        "The partnership’s name, at the top of each page and on documents.",
    ),
    "LINEOFSIGHT_MARKING": ("`OFFICIAL-SENSITIVE`", "The marking of pages and documents."),
    "LINEOFSIGHT_CATALOGUE": (
        "the shipped catalogue alone",
        "A folder whose YAML files replace the shipped ones of the same path. See [Change the catalogue]"
        "(../how-to/change-the-catalogue.md).",
    ),
    "LINEOFSIGHT_PRODUCTION": (
        "off",
        "`1` for a real service: https only, secure cookies, and no secret made up by itself.",
    ),
    "LINEOFSIGHT_SECRET_KEY": (
        "made once and kept in the data folder",
        "Signs sessions. Must be given when `LINEOFSIGHT_PRODUCTION` is on.",
    ),
    "LINEOFSIGHT_LEDGER_KEY": (
        "made once and kept in the data folder",
        "Signs the heads of the ledger. Only the sealer needs it. Must be given when"
        " `LINEOFSIGHT_PRODUCTION` is on.",
    ),
    "LINEOFSIGHT_LEDGER_TERMS_KEY": (
        "made once and kept in the data folder",
        "What is searched for stands in the ledger as hashes under this key. Must be given when"
        " `LINEOFSIGHT_PRODUCTION` is on.",
    ),
    "LINEOFSIGHT_LEDGER_HEADS": (
        "`ledger-heads` in the data folder",
        "The folder to which signed heads of the ledger are copied. Should lie on another machine than the"
        " database. See [Verify the ledger](../how-to/verify-the-ledger.md).",
    ),
    "LINEOFSIGHT_HOSTS": (
        "this machine’s own names",
        "The names by which the service is reached, with commas.",
    ),
    "LINEOFSIGHT_ORIGINS": (
        "none",
        "Addresses such as `https://los.example` that may send forms, with commas.",
    ),
    "LINEOFSIGHT_PROXIES": (
        "none",
        "Addresses or networks of the proxies in front, with commas. `X-Forwarded-For` and"
        " `X-Forwarded-Proto` are believed from them alone.",
    ),
    "LINEOFSIGHT_SINGLE_SIGN_ON": (
        "passwords alone",
        "A YAML file that says which agencies sign in with their own identity provider. See"
        " [Sign-in and accounts](../how-to/sign-in-and-accounts.md).",
    ),
    "LINEOFSIGHT_BREACHED_PASSWORDS": (
        "the short list that is built in",
        "A local copy of the Pwned Passwords list, sorted by SHA-1. New passwords in it are refused.",
    ),
    "LINEOFSIGHT_KEEP_DATABASE": (
        "off",
        "`1` leaves the built-in database running when the last command ends, for many commands in a row.",
    ),
    "LINEOFSIGHT_DEBUG": ("off", "`1` prints the technical story of an error of a command as well."),
}


def pages() -> dict[str, str]:
    """Path under docs -> the page."""
    return {
        "reference/commands.md": commands_page(),
        "reference/formats.md": formats_page(),
        "reference/kinds.md": kinds_page(),
        "reference/permissions.md": permissions_page(),
        "reference/rules.md": rules_reference(),
        "reference/security.md": security_page(),
        "reference/asvs.md": asvs_page(),
        "reference/settings.md": settings_page(),
        "reference/urls.md": urls_page(),
        "how-to/ten-minutes.md": handbook.ten_minutes(),
    }


def page(title: str, source: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", WRITTEN.format(source=source), *filter(None, parts)]) + "\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


# --- commands ------------------------------------------------------------------------------------------


#: On every command alike, so not worth a line in each table.
EVERYWHERE = {"-h", "--verbosity"}


def our_commands() -> dict[str, BaseCommand]:
    found: dict[str, BaseCommand] = {}
    for name, app in sorted(get_commands().items()):
        if str(app).startswith("lineofsight"):
            found[name] = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    return found


def commands_page() -> str:
    parts = [
        "Every command ends with 0 when done, 1 when refused (the reason is on standard error), 2 when it"
        " was not understood, 130 when stopped from the keyboard. `--json` prints the result for"
        " programs. A command runs as the operator, who is named in the ledger by system account; `--as`"
        " makes it run with the rights of one worker.",
    ]
    for name, command in our_commands().items():
        parts.append(f"## {name}\n\n{' '.join(str(command.help).split())}")
        parts.append(arguments_of(name, command))
        parts += parts_of(name, command)
        if example := getattr(command, "example", ""):
            parts.append(f"```\n{example}\n```")
    parts.append(
        "Django’s own commands work as well: `changepassword`, `clearsessions`, `dbshell`, `migrate`,"
        " `showmigrations` and others. `lineofsight --help` lists those of use."
    )
    return page("Commands", "the commands themselves", *parts)


def arguments_of(name: str, command: BaseCommand) -> str:
    return arguments_table(command.create_parser("lineofsight", name))


def arguments_table(parser: argparse.ArgumentParser) -> str:
    rows = [
        (called(action), help_of(action))
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        and not EVERYWHERE.intersection(action.option_strings)
        and not isinstance(action, argparse._SubParsersAction)
    ]
    return table(("Argument", "What it does"), rows)


def parts_of(name: str, command: BaseCommand) -> Iterator[str]:
    """For a command of several parts, such as `ledger verify`: each with its own arguments."""
    for action in command.create_parser("lineofsight", name)._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part, parser in action.choices.items():
                yield f"### {name} {part}\n\n{' '.join((parser.description or '').split())}"
                yield arguments_table(parser)


def called(action: argparse.Action) -> str:
    if not action.option_strings:
        shown = action.metavar or action.dest
        return f"`{shown if isinstance(shown, str) else ' '.join(shown)}`"
    takes = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    if action.choices and not action.metavar:
        takes = " " + "/".join(map(str, action.choices))
    return f"`{', '.join(action.option_strings)}{takes}`"


def help_of(action: argparse.Action) -> str:
    words = (action.help or "").replace("%%", "%")
    return words[:1].upper() + words[1:]


# --- formats -------------------------------------------------------------------------------------------

VERIFIED = {
    "read": "read: checked against the published specification",
    "partial": "partial: some of it was checked, some follows practice",
    "unverified": "unverified: follows practice; to be agreed with the agency that sends it",
}

PERSON_WORDS = {
    "id": "the person’s number there", "id_check": "check of the number",
    "either": "the person, where no number is",
    "each": "one person each", "kind": "child or adult", "names": "name", "birth": "birth date",
    "birth_approximate": "whether the birth date is a guess", "sex": "sex", "gender": "gender",
    "ethnicity": "ethnicity", "identifiers": "identifier", "addresses": "address", "phones": "phone",
    "emails": "e-mail", "school": "school", "gp": "GP", "workers": "worker", "status": "status",
    "relationships": "family or household", "restricted": "restriction",
}  # fmt: skip

ENTRY_WORDS = {
    "at": "when", "until": "until when", "recorded": "when recorded", "title": "title",
    "narrative": "narrative",
    "child_words": "the child’s own words", "nature": "fact, report or opinion", "role": "the person’s part",
    "handling": "handling", "conditions": "conditions of sharing", "grading": "grading", "author": "author",
    "facts": "fact", "others": "other people", "things": "place, phone or thing",
    "when": "whether there is an entry",
}  # fmt: skip


def formats_page() -> str:
    known = formats.formats()
    rows = [(f"[{f.code}](#{f.code})", f.title, f.owner, f.version, len(f.tables)) for f in known]
    return page(
        "Formats",
        "`catalogue/data/formats/`",
        "The tables of agencies’ systems that are recognised and read without a column map, and what"
        " becomes of each column. A column that becomes nothing is still kept with its row, word for"
        " word. The marks:\n\n"
        + "\n".join(f"- **{mark}**{words.removeprefix(mark)}" for mark, words in VERIFIED.items()),
        table(("Code", "Format", "System", "Version", "Tables"), rows),
        "## Limits\n\nHow much of a file from outside is taken in, from `catalogue/data/limits.yaml`.",
        table(("Limit", "Value", "Unit", "Meaning", "Source"), limits.table()),
        *(part for known_format in known for part in format_parts(known_format)),
    )


def format_parts(known: Format) -> Iterator[str]:
    version = known.version or "not said"
    yield f"## {known.code}\n\n{known.title}, version {version}. How sure: {known.confidence}."
    if known.sources:
        yield "Sources:\n\n" + "\n".join(f"- {source}" for source in known.sources)
    for one in known.tables:
        yield f"### {known.code}: {one.name}\n\n{one.title or one.name}. {about(one)}"
        if one.entries:
            yield "Entries:\n\n" + "\n".join(
                f"- {kinds.kind(rule.kind).label}: “{rule.title}”" for rule in one.entries
            )
        uses = uses_of(one)
        yield table(
            ("Column", "Type", "Meaning", "Becomes"),
            (
                (
                    f"`{column.name}`" + (" (needed)" if column.required else ""),
                    column.type,
                    column.meaning,
                    ", ".join(uses.get(column.name, ())),
                )
                for column in one.columns.values()
            ),
        )


def about(one: Table) -> str:
    words = [f"Verified: {one.verified}."]
    if one.refuse:
        return " ".join([*words, f"Recognised and not taken in: {one.refuse}"])
    words.append(f"Key: {', '.join(one.key) or 'the whole row'}.")
    words.append(
        "A file holds every row there is; a row that is missing is marked absent."
        if one.scope == "snapshot"
        else "A file holds some rows; a row that is missing says nothing."
    )
    if one.joins:
        words.append(f"Joined with {', '.join(dict.fromkeys(join.table for join in one.joins))}.")
    return " ".join(words)


def uses_of(one: Table) -> dict[str, list[str]]:
    """Column -> what it becomes. Joined tables' columns are told at their own table's driver."""
    found: dict[str, dict[str, None]] = {}

    def note(value: Any, words: str) -> None:
        for name in names_in(value):
            if name in one.columns:
                found.setdefault(name, {})[words] = None

    for name in one.key:
        note(name, "key")
    if one.person is not None:
        for name, words in PERSON_WORDS.items():
            note(getattr(one.person, name), words)
    for rule in one.entries:
        for name, words in ENTRY_WORDS.items():
            note(getattr(rule, name), f"{words} of the entry")
    return {name: list(words) for name, words in found.items()}


def names_in(value: Any) -> Iterator[str]:
    """Every word inside a rule that could name a column, also in `{braces}` of a title."""
    if isinstance(value, str):
        yield value
        yield from re.findall(r"\{(\w+)", value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from names_in(inner)
    elif is_dataclass(value):
        for part in fields(value):
            if part.name not in ("kind", "slot", "group") or not isinstance(value, EntryRule):
                yield from names_in(getattr(value, part.name))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from names_in(inner)


# --- kinds ---------------------------------------------------------------------------------------------


def kinds_page() -> str:
    groups: dict[str, list[kinds.Kind]] = {}
    for kind in kinds.kinds().values():
        groups.setdefault(kind.category, []).append(kind)
    names = {agency.code: agency.name for agency in book.agencies()}
    parts = [
        f"## {category.replace('_', ' ').capitalize()}\n\n"
        + table(
            ("Code", "Kind", "Usually recorded by", "Form", "Handling", "Why it matters"),
            (
                (
                    f"`{k.code}`",
                    k.label,
                    ", ".join(names.get(a, a) for a in k.agencies),
                    k.form,
                    k.handling,
                    k.signals,
                )
                for k in members
            ),
        )
        for category, members in sorted(groups.items())
    ]
    return page(
        "Kinds of event",
        "`catalogue/data/kinds.yaml`",
        f"The {len(kinds.kinds())} kinds of event that a chronology can hold. A kind says what sort of"
        " thing was recorded. It is no measure of a child: kinds are never summed.",
        *parts,
    )


def rules_reference() -> str:
    return page(
        "Rules",
        "`catalogue/data/corroboration.yaml`",
        *rules_page.parts(),
    )


# --- permissions ---------------------------------------------------------------------------------------


def permissions_page() -> str:
    names = {role.code: role.name for role in book.roles()} | {
        "operator": "Someone with a shell on the server"
    }
    carried = [
        "One policy decides (`access/policy.py`), in this order: the account, hard denies, ways in, which entries,"
        " which fields, further steps. Any deny wins; where no rule permits, the answer is no, also when something"
        " fails on the way. PostgreSQL enforces the same for every row (`guard.sql` in each room).",
        table(("Role", "What it is for"), ((role.name, role.says) for role in book.roles())),
        "## What each way to a child carries",
        table(
            ("Permission", *(way.name.capitalize().replace("_", " ") for way in Way)),
            (
                (f"`{permission.value}`", *("yes" if way in carried else "–" for way in Way))
                for permission, carried in CARRIES.items()
            ),
        ),
        "The rule behind each way: "
        + ", ".join(f"{w.name.lower().replace('_', ' ')} {w.value}" for w in Way)
        + ".",
        "## What a role carries by itself",
        table(
            ("Permission", "Roles"),
            (
                (f"`{permission.value}`", ", ".join(names.get(role, role) for role in sorted(roles)))
                for permission, roles in ROLES.items()
            ),
        ),
        "## Entries",
        "Whether an entry is read in full, pointed at, or not there at all is decided by `view_entry`; correcting,"
        " commenting, releasing and the source row by `decide_entry`. When one of "
        + ", ".join(f"`{p.value}`" for p in sorted(HIDDEN_WHEN_REFUSED))
        + " is refused to someone who may not know of the thing, the answer is “not found”.",
    ]
    return page("Permissions", "`access/policy.py` and `catalogue/data/roles.yaml`", *carried)


def security_page() -> str:
    items = [item for section in promises.sections() for item in section.items]
    whole = sum(not item.not_yet for item in items)
    partly = sum(bool(item.shown and item.not_yet) for item in items)
    return page(
        "Security",
        "`desk/security.yaml`",
        f"What must hold, and the test that shows it: {whole} of {len(items)} items are shown, {partly} in part,"
        f" {len(items) - whole - partly} not yet. The rules A-… are those that `access/policy.py` names.",
        *(
            f"## {title}\n\n" + table(("Item", "What must hold", "Shown by", "Not yet"), rows)
            for title, rows in promises.parts()
        ),
    )


def asvs_page() -> str:
    counted = Counter(one.state for one in standards.requirements())
    return page(
        "OWASP ASVS 5.0",
        "`desk/asvs.yaml`",
        f"Of {len(standards.requirements())} requirements (levels 1 and 2 of chapters 1 to 16, and chosen ones of level 3),"
        f" {counted['shown']} are shown, {counted['part']} in part, {counted['not yet']} not yet, and"
        f" {counted['not applicable']} do not apply. Letters such as N-1 are items of [Security](security.md), which name"
        " the tests. Numbers and levels are those of the standard (CC BY-SA 4.0); the words are ours.",
        *(
            f"## {title}\n\n"
            + table(("Number", "Level", "What must hold", "Shown by", "Not yet, or why not"), rows)
            for title, rows in standards.parts()
        ),
    )


# --- settings ------------------------------------------------------------------------------------------


@cache
def settings_in_code() -> frozenset[str]:
    source = Path(__file__).resolve().parents[1]
    found: set[str] = set()
    for path in source.rglob("*.py"):
        found.update(
            re.findall(r'[("](LINEOFSIGHT_[A-Z_]+[A-Z]|DATABASE_URL)"', path.read_text(encoding="utf-8"))
        )
    return frozenset(found)


def settings_page() -> str:
    unknown = settings_in_code() - set(SETTINGS)
    if unknown:
        raise Refused(f"Say in desk/reference.py what these settings are for: {', '.join(sorted(unknown))}.")
    return page(
        "Settings",
        "`desk/reference.py`, checked against the code",
        "Everything that differs between installations comes from the environment. Nothing else is read.",
        table(
            ("Variable", "When it is not set", "What it is for"),
            ((f"`{name}`", default, words) for name, (default, words) in SETTINGS.items()),
        ),
    )


# --- addresses -----------------------------------------------------------------------------------------


def urls_page() -> str:
    rows = [
        (f"`{address}`", f"`{name}`", "anyone" if is_public(view) else "signed in", says(view))
        for address, name, view in addresses(get_resolver(), "/")
    ]
    return page(
        "Addresses",
        "the addresses themselves",
        "Whatever is not for anyone asks for sign-in first, and the [policy](permissions.md) decides the"
        " rest. What stands for a child, an entry, a file or a record is a random reference, never a"
        " counting number.",
        table(("Address", "Name", "For", "What"), rows),
    )


def addresses(resolver: URLResolver, before: str, space: str = "") -> Iterator[tuple[str, str, Any]]:
    for one in resolver.url_patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one, address, f"{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address), f"{space}{one.name}", one.callback


def is_public(view: Any) -> bool:
    return not getattr(view, "login_required", True)


def says(view: Any) -> str:
    words = (view.__doc__ or "").strip().split("\n\n")[0]
    return words or view.__name__.replace("_", " ").capitalize()
