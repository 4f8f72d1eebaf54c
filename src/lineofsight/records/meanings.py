"""Which code a spelling means, decided only where nothing in it speaks against the decision.

Evidence is of three kinds: official codes in it, words that say a code, and spellings met before. A code is
taken when all evidence agrees and every word is accounted for; whatever else it may be likely to mean is a
suggestion for a person. Reasons are kept in words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from lineofsight.catalogue.tables import CodeList
from lineofsight.catalogue.vocabulary import Vocabulary, vocabulary
from lineofsight.records.wording import Phrases, Words, phrases, plain_words, repair

#: The vocabulary that every list shares: words that say nothing, and common abbreviations.
SHARED = "words"
#: Words that turn a meaning round; unless a phrase holds them, a person must look.
TURNING = frozenset((
    "no", "not", "non", "none", "without", "except", "excluding", "exclude", "excl", "than", "never", "nor",
    "cannot", "former", "previous", "ex", "unless", "until", "if", "against", "neither",
))  # fmt: skip
#: An export that cuts its cells off leaves at least this many letters.
CUT_OFF_FROM = 18
VAGUE = frozenset(("other", "unknown"))
_NUMBERING = re.compile(r"\(?(?:[a-z]{1,2}|\d{1,3})(?:\)|\.\s)\s*|\d{1,3}\s*[-:]\s*", re.IGNORECASE)
_LEAD = re.compile(r"[\s\[({'\"]*([A-Za-z0-9][A-Za-z0-9._/]{0,11}?)[\])}'\"]*(?=[\s:;,=\-\[\])(.]|$)")
_BRACKETS = re.compile(r"\[([^\]]*)\]|\(([^)]*)\)")
_SHAPE = re.compile(r"\d[A-Z]{3,8}|[A-Za-z]{0,5}\d{1,3}[A-Za-z]{0,3}\d?|[A-Z]{2,8}|[A-Z]{2,4}_[A-Z]{2,6}")
_PARTED = re.compile(r"\s+-+\s+|\s*[:(\[]\s*|-\s+|\s+-")
_IN_OR_OUT = re.compile(r"(?:IN|OUT)$")
_SUB = re.compile(r"[a-z]{0,2}\d{0,2}|[.]\S{1,12}", re.IGNORECASE)


def _is_a_slip(word: str, known: str) -> bool:
    """Another last letter makes another word more often than a slip: police and policy."""
    return len(word) != len(known) or word[-1] == known[-1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is empty when a person must say; `why` tells either way."""

    code: str
    why: str


@dataclass(slots=True)
class Evidence:
    """What one spelling holds."""

    codes: dict[str, str] = field(default_factory=dict)
    weak: dict[str, str] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unsure: list[str] = field(default_factory=list)
    turned: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    head: str = ""
    full_head: bool = False
    words: Words = ()

    @property
    def complete(self) -> bool:
        return not (self.unsure or self.turned or self.left)


class Meanings:
    """Reads spellings for one code list."""

    def __init__(self, codes: CodeList) -> None:
        self.codes = codes
        own, shared = vocabulary(codes.vocabulary), vocabulary(SHARED)
        self.own: Vocabulary = own
        self.short = phrases({**shared.short, **own.short}.items())
        self.official = {self._mark(text): code for text, code in own.codes.items()}
        for code in codes.values:
            if _SHAPE.fullmatch(code):
                self.official.setdefault(self._mark(code), code)
        self.families = {self._mark(text): code for text, code in own.sub_codes.items()}
        self.weak = {self._mark(text) for text in own.weak}
        places = vocabulary(own.places).says if own.places else {}
        silent = (*shared.neutral, *own.neutral, *places, *places.values())
        self.neutral = Phrases({words: "-" for text in silent if (words := self.fold(text))})
        self.says = Phrases(self._says())
        self.labels = {
            self.fold(text): code for code, label in codes.values.items() for text in (code, label)
        }
        self.unsure = Phrases({self.fold(text): "?" for text in own.unsure})
        self.several = own.several
        self.over = set(own.over)

    def _says(self) -> dict[Words, str]:
        found: dict[Words, str] = {}
        if self.own.name:
            for text, code in self.own.says.items():
                found[self.fold(text)] = code
        for code, label in self.codes.values.items():
            for text in (label, code):
                if not (_SHAPE.fullmatch(text) and text == code):
                    found.setdefault(self.fold(text), code)
        found.pop((), None)
        # "Other" beside other words says nothing: it names the value only when it is all there is.
        return {words: code for words, code in found.items() if words not in self.neutral.known}

    @staticmethod
    def _mark(text: str) -> str:
        return re.sub(r"[\s_]+", "", text).upper()

    def fold(self, text: str) -> Words:
        """Plain words with abbreviations written out."""
        return self.short.rewrite(plain_words(repair(text)))

    # --- what is in it ---------------------------------------------------------------------------------

    def evidence(self, raw: str) -> Evidence:
        found = Evidence()
        text = self._take_brackets(repair(raw), found)
        text = self._take_leads(text, found)
        self._take_words(self.fold(text), found)
        for word in [word for word in found.left if any(c.isdigit() for c in word)]:
            official = self._official(word, alone=False)
            if official:
                found.left.remove(word)
                found.codes.setdefault(*official)
        head = _PARTED.split(text, maxsplit=1)
        if len(head) == 2 and head[0].strip():
            found.head, found.full_head = self._head(head[0])
        return found

    def _head(self, text: str) -> tuple[str, bool]:
        """What a text in front of a dash, colon or bracket says by itself, and whether in more than one word."""
        alone = Evidence()
        self._take_words(self.fold(text), alone)
        if not alone.complete or len(alone.said) != 1:
            return "", False
        code, said = next(iter(alone.said.items()))
        return code, any(" " in phrase for phrase in said)

    def _official(self, token: str, *, alone: bool) -> tuple[str, str] | None:
        """(code, mark) when the token is an official code; letters alone count only in capitals."""
        mark = self._mark(token)
        if not alone and not any(c.isdigit() for c in token) and not token.isupper():
            return None
        for tried in dict.fromkeys((mark, _IN_OR_OUT.sub("", mark))):
            if tried in self.official:
                return self.official[tried], tried
        for length in range(len(mark) - 1, 0, -1):
            stem = mark[:length]
            if (
                stem in self.families
                and (stem[-1].isalpha() or not mark[length].isdigit())
                and _SUB.fullmatch(mark[length:])
            ):
                return self.families[stem], stem
        return None

    def _note_code(self, found: Evidence, code: str, mark: str, *, alone: bool) -> None:
        strong = alone or (
            mark not in self.weak and (len(mark) > 2 or (len(mark) == 2 and any(c.isdigit() for c in mark)))
        )
        (found.codes if strong else found.weak)[code] = mark

    def _take_brackets(self, text: str, found: Evidence) -> str:
        def taken(match: re.Match[str]) -> str:
            inside = (match[1] or match[2] or "").strip()
            if inside and match.start() > 0:
                for token in (inside, *re.split(r"[\s,;]+", inside)):
                    official = self._official(token, alone=False) if len(token) > 1 else None
                    if official:
                        self._note_code(found, *official, alone=False)
                        return " "
                if re.fullmatch(r"\w{1,2}|\d{1,4}", inside):
                    return " "
            return f" ({match[1] or match[2] or ''}) "

        return _BRACKETS.sub(taken, text)

    def _take_leads(self, text: str, found: Evidence) -> str:
        """Codes and numbering in front, one after the other."""
        bare = text.strip(" -:;,.'\"()[]*=")
        official = self._official(bare, alone=True)
        if official and not found.codes:
            self._note_code(found, *official, alone=True)
            return ""
        for _ in range(4):
            lead = _LEAD.match(text)
            if lead is None:
                break
            token, rest = lead[1], text[lead.end() :]
            official = self._official(token, alone=False)
            if official and self.fold(token) not in self.says.known:
                self._note_code(found, *official, alone=False)
            elif not self._is_numbering(text, token, rest):
                break
            text = rest.lstrip(" -:;,.'\")]=>")
        return text

    def _is_numbering(self, text: str, token: str, rest: str) -> bool:
        if self.fold(token) in self.says.known or not rest.strip(" -:;,.'\")]=>"):
            return False
        if _NUMBERING.match(text.lstrip(" '\"[*")) and len(token) <= 3:
            return True
        follows = rest.lstrip(" )]'\"")[:1]
        if any(c.isdigit() for c in token):
            return (
                bool(_SHAPE.fullmatch(token) or re.fullmatch(r"[A-Z]\.[A-Z]{1,2}\d{1,2}", token))
                and follows != ""
            )
        one = len(token) == 1 and (follows in "-:)=" or rest[:2] == ". ")
        known = self.short.at(plain_words(token), 0) or self.neutral.at(plain_words(token), 0)
        return one or (token.isupper() and follows in "-:[=" and not known and bool(_SHAPE.fullmatch(token)))

    def _take_words(self, words: Words, found: Evidence) -> None:
        words = tuple(self._mended(words))
        found.words = words
        whole = self.labels.get(words) or self.says.known.get(words)
        if whole:
            found.said[whole].append(" ".join(words))
            return
        place = 0
        while place < len(words):
            tried = [
                (hit[0], rank, kind, hit[1])
                for rank, (kind, known) in enumerate(
                    (("unsure", self.unsure), ("said", self.says), ("neutral", self.neutral))
                )
                if (hit := known.at(words, place))
            ]
            if tried:
                length, _, kind, code = max(tried, key=lambda t: (t[0], -t[1]))
                text = " ".join(words[place : place + length])
                if kind == "said":
                    found.said[code].append(text)
                elif kind == "unsure":
                    found.unsure.append(text)
                place += length
                continue
            (found.turned if words[place] in TURNING else found.left).append(words[place])
            place += 1

    @cached_property
    def mendable(self) -> frozenset[str]:
        """Words that a slip of the pen may be mended to: those that count here, not the names of places."""
        silent = [self.fold(text) for text in (*vocabulary(SHARED).neutral, *self.own.neutral)]
        everything = [*self.says.known, *silent, *self.unsure.known]
        return frozenset(word for words in everything for word in words if len(word) >= 5)

    @cached_property
    def vocabulary_words(self) -> frozenset[str]:
        everything = [*self.says.known, *self.neutral.known, *self.unsure.known]
        words_alone = (*vocabulary(SHARED).own_words, *self.own.own_words)
        own = {word for text in words_alone for word in plain_words(repair(text))}
        return frozenset(word for words in everything for word in words) | TURNING | own

    def _mended(self, words: Words) -> Iterable[str]:
        """Words with slips of the pen put right, where only one known word is near."""
        last = len(words) - 1
        for place, word in enumerate(words):
            if word in self.vocabulary_words or len(word) < 4 or not word.isalpha():
                yield word
                continue
            near = self._near(word)
            if not near and place == last and sum(map(len, words)) >= CUT_OFF_FROM:
                near = [known for known in self.mendable if known.startswith(word)]
            yield near[0] if len(near) == 1 else word

    def _near(self, word: str) -> list[str]:
        if len(word) < 5:
            return []
        allowed = 1 if len(word) < 11 else 2
        near = [
            (OSA.distance(word, known, score_cutoff=allowed), known)
            for known in self.mendable
            if known[:1] == word[:1] and abs(len(known) - len(word)) <= allowed
        ]
        near = [pair for pair in near if pair[0] <= allowed and _is_a_slip(word, pair[1])]
        best = min((distance for distance, _ in near), default=0)
        # A margin: another known word as near, or nearly so, means that nobody can tell.
        return (
            [known for _, known in near]
            if len(near) > 1
            else [known for distance, known in near if distance == best]
        )

    # --- what it means ---------------------------------------------------------------------------------

    def verdict(self, raw: str) -> Verdict:
        found = self.evidence(raw)
        return self.judge(found)

    def judge(self, found: Evidence) -> Verdict:
        said = self._weighed(set(found.said))
        if len(found.codes) > 1 and len(codes := self._weighed(set(found.codes))) == 1:
            found.codes = {code: found.codes[code] for code in codes}
        if len(found.codes) > 1:
            return Verdict("", f"it holds codes of different values: {', '.join(found.codes.values())}")
        if found.codes:
            return self._by_code(found, said)
        if found.weak and not found.said and not found.words and len(found.weak) == 1:
            code, mark = next(iter(found.weak.items()))
            return Verdict(code, f"the code {mark}")
        if not said:
            return Verdict("", "no word or code in it is known for this column")
        if len(said) > 1:
            return Verdict("", f"its words say different values: {'; '.join(sorted(said))}")
        code = said.pop()
        if found.complete:
            if found.weak and code not in found.weak and not self.weak.issuperset(found.weak.values()):
                return Verdict(
                    "", f"its code {next(iter(found.weak.values()))} and its words say different values"
                )
            return Verdict(code, f"its words: {self._quoted(found, code)}")
        begins = found.head == code and not self._is_vague(code, found)
        if found.unsure and not (begins and found.full_head):
            return Verdict("", f"“{found.unsure[0]}” is used for different values by different councils")
        if begins and (found.full_head or not found.turned):
            return Verdict(
                code,
                f"it begins with {self.codes.values.get(code, code)}, and nothing after it says otherwise",
            )
        if found.turned:
            return Verdict("", f"“{found.turned[0]}” may turn its meaning round")
        return Verdict("", f"nobody has said what “{found.left[0]}” means")

    def _is_vague(self, code: str, found: Evidence) -> bool:
        """ "Other" in front tells little of what follows; nor does a single word where no vocabulary guards the list."""
        if code in self.own.vague_heads or (not self.own.name and not found.full_head):
            return True
        return bool(VAGUE & set(self.fold(self.codes.values.get(code, code))[:2]))

    def doubt(self, raw: str) -> str:
        """Why a spelling is left to a person even where one like it was met before; "" when it is not."""
        found = self.evidence(raw)
        if found.unsure:
            return f"“{found.unsure[0]}” is used for different values by different councils"
        return "its words say different values" if len(self._weighed(set(found.said))) > 1 else ""

    def _by_code(self, found: Evidence, said: set[str]) -> Verdict:
        code, mark = next(iter(found.codes.items()))
        contrary = {
            other
            for other in said
            if other != code and not (other in self.own.wide or (code, other) in self.over)
        }
        if contrary:
            return Verdict("", f"its code {mark} and its words say different values")
        return Verdict(code, f"the code {mark}")

    def _weighed(self, said: set[str]) -> set[str]:
        """Several values said at once, brought down to the one that is meant where the list knows it."""
        if len(said) > 1:
            for code in {self.several[text] for text in self.several}:
                of = {text for text, target in self.several.items() if target == code}
                if len(said & of) > 1 and said <= of | {code}:
                    return {code}
            said = {code for code in said if not any((other, code) in self.over for other in said)}
        return said

    @staticmethod
    def _quoted(found: Evidence, code: str) -> str:
        return ", ".join(f"“{text}”" for text in dict.fromkeys(found.said[code])) or "all of them"

    # --- spellings met before --------------------------------------------------------------------------

    def bag(self, raw: str) -> Words:
        """The words that count, whatever their order; in order when one of them turns the meaning round."""
        words = tuple(word for word in self.evidence(raw).words if word not in self.silent)
        return words if TURNING.intersection(words) else tuple(sorted(words))

    @cached_property
    def silent(self) -> frozenset[str]:
        """Single words that say nothing in any list."""
        return frozenset(
            words[0] for text in vocabulary(SHARED).neutral if len(words := self.fold(text)) == 1
        )

    @cached_property
    def bags(self) -> dict[Words, set[str]]:
        found: dict[Words, set[str]] = defaultdict(set)
        for text, code in self.codes.also.items():
            found[self.bag(text)].add(code)
        found.pop((), None)
        return dict(found)

    def met_alike(self, raw: str) -> set[str]:
        """Codes of the spellings met before that hold the same words that count: two words at least, and none that
        councils use for different values."""
        found = self.evidence(raw)
        bag = self.bag(raw)
        if found.codes or found.weak or found.unsure or len(found.said) > 1 or len(bag) < 2:
            return set()
        alike = self.bags.get(bag, set())
        return set() if found.said and not alike & set(found.said) else alike

    # --- what it may mean ------------------------------------------------------------------------------

    def hints(self, raw: str) -> dict[str, str]:
        """Codes that something in the text speaks for, though not enough: {code: what}."""
        found = self.evidence(raw)
        hinted = {code: f"the code {mark}" for code, mark in found.codes.items()}
        for code, texts in sorted(found.said.items(), key=lambda item: -len(" ".join(item[1]))):
            hinted.setdefault(code, "its words: " + ", ".join(f"“{text}”" for text in dict.fromkeys(texts)))
        for code, mark in found.weak.items():
            hinted.setdefault(code, f"the code {mark}")
        return hinted

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        own = [(" ".join(words), code) for words, code in self.says.known.items()]
        return own + [(" ".join(self.fold(text)), code) for text, code in self.codes.also.items()]

    def similar(
        self, raw: str, met: Iterable[tuple[str, str]] = (), limit: int = 3
    ) -> list[tuple[str, float, str]]:
        """(code, likeness 0 to 1, the text it is like), the likeliest first, from texts whose code is known;
        `met` are further (spelling, code) that people settled."""
        words = " ".join(self.fold(raw))
        best: dict[str, tuple[float, str]] = {}
        for text, code in (*self._texts, *((" ".join(self.fold(text)), code) for text, code in met)):
            likeness = fuzz.token_set_ratio(words, text) * 0.5 + fuzz.ratio(words, text) * 0.5
            if likeness > best.get(code, (0.0, ""))[0]:
                best[code] = (likeness, text)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        return [(code, likeness / 100, text) for code, (likeness, text) in ranked[:limit]]
