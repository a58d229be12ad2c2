"""A difference as lines for a person, and as JSON."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.study.fields import MISSING, FieldChange, path_text
from toolkit.study.lines import BAD, FAINT, GOOD, HEADING, NEW, OLD, Column, Line, Paper, Span, plain, table, wrapped

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.study.difference import Difference, Part, Single
    from toolkit.study.sides import Side

_MOST_FIELDS: Final = 20
_SHORTEST_VALUE: Final = 16
_BEFORE: Final = 8
"""How much of what two long values have in common is shown before they differ."""


def difference_lines(a: Side, b: Side, difference: Difference, paper: Paper, *, summary: bool = False) -> list[Line]:
    """Tell a difference.

    Args:
        a: The one side.
        b: The other.
        difference: How they differ.
        paper: How much fits on a line.
        summary: Tell counts only.
    """
    lines = [*_side("A", a, paper), *_side("B", b, paper), []]
    if not summary:
        for name, part in difference.parts.items():
            if part.differs:
                lines += [*_part(name, part, paper), []]
    lines += _counts(difference, paper)
    for name, why in difference.left_out.items():
        lines += wrapped(paper, "", paper.shown(f"{name} not compared: {why}"), FAINT, 2)
    style = BAD if difference.differs else GOOD
    return [*lines, [], *wrapped(paper, "", _ending(difference), style, 0)]


def _ending(difference: Difference) -> str:
    parts = difference.parts.values()
    numbers = {
        "removed": sum(part.removed for part in parts),
        "added": sum(part.added for part in parts),
        "changed": sum(part.changed for part in parts),
    }
    counted = ", ".join(f"{number:,} {what}" for what, number in numbers.items())
    told = f"They differ: {counted}" if difference.differs else "No difference"
    moving = sum(part.moving for part in parts)
    beside = f", beside {_many(moving, 'value')} that always move{'s' if moving == 1 else ''}" if moving else ""
    return f"{told}{beside}."


def _side(letter: str, side: Side, paper: Paper) -> list[Line]:
    kind = "recorded, redacted" if side.redacted else side.kind
    return wrapped(paper, letter, paper.shown(f"{side.text} at {format_instant(side.t)}, {kind}"), HEADING, 5)


def _part(name: str, part: Part, paper: Paper) -> list[Line]:
    lines: list[Line] = [[Span(name, HEADING)]]
    lines += _singles("-", OLD, "removed", part.told_removed, part.removed, paper)
    lines += _singles("+", NEW, "added", part.told_added, part.added, paper)
    for changed in part.told_changed:
        lines.append([Span(f"  ~  {paper.shown(changed.id)}  {paper.shown(changed.name)}".rstrip())])
        lines += [_field(field, paper) for field in changed.fields[:_MOST_FIELDS]]
        left = len(changed.fields) - _MOST_FIELDS
        if left > 0:
            lines.append([Span(f"      and {_many(left, 'other field')}", FAINT)])
    return lines + _rest("changed", part.changed, len(part.told_changed))


def _singles(  # noqa: PLR0913, PLR0917 - what a row of them is made of
    sign: str, style: str, what: str, told: list[Single], number: int, paper: Paper
) -> list[Line]:
    rows = [[sign, paper.shown(one.id), paper.shown(one.name)] for one in told]
    lines = table(paper, [Column(""), Column(""), Column("")], rows)
    return [[Span(plain(line), style)] for line in lines] + _rest(what, number, len(told))


def _rest(what: str, number: int, told: int) -> list[Line]:
    left = number - told
    return [[Span(f"  and {left:,} other {what}" if told else f"  {left:,} {what}", FAINT)]] if left else []


def _field(change: FieldChange, paper: Paper) -> Line:
    path = paper.shown(path_text(change.path))
    room = max(_SHORTEST_VALUE, (paper.width - 6 - len(path) - 2 - 4) // 2)
    before, after = _short(change.before, paper), _short(change.after, paper)
    # What the one does not need of its half is the other's.
    rooms = max(room, 2 * room - len(after)), max(room, 2 * room - len(before))
    if len(before) > rooms[0] or len(after) > rooms[1]:
        # Where they would be cut, they begin shortly before they differ.
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))) - _BEFORE
        if same > _BEFORE:
            before, after = (f"{paper.ellipsis}{text[same:]}" for text in (before, after))
    first, second = paper.cut(before, rooms[0]), paper.cut(after, rooms[1])
    arrow = " -> " if paper.ascii else " → "
    return [Span(f"      {path}: "), Span(first, OLD), Span(arrow), Span(second, NEW)]


def _short(value: Any, paper: Paper) -> str:  # noqa: ANN401 - JSON is what it is
    return "(none)" if value is MISSING else paper.shown(dumps(value).decode())


def _counts(difference: Difference, paper: Paper) -> list[Line]:
    titles = ("A", "B", "removed", "added", "changed")
    columns = [Column(""), *(Column(title, number=True) for title in titles), Column("besides")]
    rows = [
        [name, *(f"{n:,}" for n in (part.a, part.b, part.removed, part.added, part.changed)), _besides(part)]
        for name, part in difference.parts.items()
    ]
    return table(paper, columns, rows)


def _besides(part: Part) -> str:
    words = [
        f"{part.moving:,} moving" if part.moving else "",
        f"{_many(part.veiled, 'pseudonym')}" if part.veiled else "",
        f"{part.ignored:,} ignored" if part.ignored else "",
    ]
    return ", ".join(word for word in words if word)


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def difference_as_json(a: Side, b: Side, difference: Difference, *, summary: bool = False) -> Document:
    """Give a difference as `toolkit diff --json` prints it.

    The keys: `a` and `b` (`what`, `kind`, `t`, `redacted`), `differs`, `collections` (by collection: the numbers `a`,
    `b`, `added`, `removed`, `changed`, `always_moving`, `ignored`, `pseudonyms`, and without `--summary` `records`
    with the lists `added`, `removed` (`id`, `name`) and `changed` (`id`, `name`, and `fields` of `path`, `before`,
    `after`, either of which is missing where the field is)), `not_compared` (by collection, why), `hints`.
    """
    return {
        "a": _side_as_json(a),
        "b": _side_as_json(b),
        "differs": difference.differs,
        "collections": {
            name: _numbers(part) | ({} if summary else {"records": _records(part)})
            for name, part in difference.parts.items()
        },
        "not_compared": difference.left_out,
        "hints": difference.hints,
    }


def _side_as_json(side: Side) -> Document:
    return {"what": side.text, "kind": side.kind, "t": format_instant(side.t), "redacted": side.redacted}


def _numbers(part: Part) -> Document:
    return {
        "a": part.a,
        "b": part.b,
        "added": part.added,
        "removed": part.removed,
        "changed": part.changed,
        "always_moving": part.moving,
        "ignored": part.ignored,
        "pseudonyms": part.veiled,
    }


def _records(part: Part) -> Document:
    return {
        "added": [{"id": one.id, "name": one.name} for one in part.told_added],
        "removed": [{"id": one.id, "name": one.name} for one in part.told_removed],
        "changed": [
            {"id": one.id, "name": one.name, "fields": [_field_as_json(field) for field in one.fields]}
            for one in part.told_changed
        ],
    }


def _field_as_json(change: FieldChange) -> Document:
    values = {"before": change.before, "after": change.after}
    return {"path": path_text(change.path)} | {key: value for key, value in values.items() if value is not MISSING}
