"""Words that decide whether another word is a name. Folded: small letters, no accents."""

from __future__ import annotations

#: Names that are also words. Alone they are taken for a name only with a capital; a full name always.
ALSO_WORDS = frozenset((
    "abbey", "amber", "angel", "april", "art", "asia", "august", "autumn", "baker", "bay", "bell", "best",
    "bill", "birch", "bird", "bishop", "bliss", "bond", "bow", "brook", "brooks", "brown", "buck",
    "burns", "bush", "butler", "carer", "case", "chance", "charity", "chase", "chip", "clay", "cliff",
    "cole", "cook", "cross", "daisy", "dale", "dawn", "day", "dean", "dee", "dick", "dock", "drew",
    "duke", "earl", "eden", "eve", "faith", "fern", "field", "fields", "fisher", "flint", "ford",
    "forest", "fox", "frank", "free", "friend", "gale", "gardener", "gene", "gill", "glen", "good",
    "grace", "grant", "gray", "green", "grey", "guy", "hall", "hand", "harmony", "hazel", "heath",
    "heather", "heaven", "hill", "holly", "honey", "hope", "house", "hunt", "hunter", "iris", "ivy",
    "jade", "jasmine", "jay", "jean", "jet", "joy", "jude", "june", "justice", "kay", "king", "knight",
    "lake", "lane", "lark", "laurel", "law", "lee", "liberty", "light", "lily", "little", "long", "love",
    "major", "march", "mark", "marsh", "mary", "mason", "max", "may", "mercy", "miles", "mill", "miller",
    "misty", "moon", "moore", "more", "moss", "nick", "noble", "north", "nova", "oak", "ocean", "olive",
    "page", "park", "pat", "patience", "pearl", "penny", "pepper", "peter", "pike", "piper", "pool",
    "poppy", "porter", "power", "price", "prince", "prudence", "queen", "rain", "ray", "read", "reed",
    "rich", "river", "rivers", "rob", "robin", "rock", "rod", "roman", "rose", "rosemary", "rowan",
    "royal", "ruby", "rush", "rusty", "saffron", "sage", "sally", "sandy", "shade", "sharp", "shelter",
    "short", "skip", "sky", "skye", "small", "smart", "smith", "snow", "south", "spencer", "star",
    "stone", "storm", "street", "strong", "sue", "summer", "summers", "sunny", "swan", "taylor", "teddy",
    "temple", "terry", "tony", "trust", "turner", "vale", "van", "victor", "violet", "wade", "walker",
    "wall", "ward", "water", "waters", "way", "weaver", "webb", "week", "welcome", "wells", "west",
    "white", "wild", "will", "willow", "winter", "wise", "wood", "woods", "worth", "wren", "wright",
    "wyatt", "york", "young",
))  # fmt: skip

#: Words of a role or an office: nobody's name when written where a name is asked for.
ROLE_WORDS = frozenset((
    "a", "adult", "adviser", "advocate", "agency", "allocated", "an", "and", "anonymous", "assistant",
    "aunt", "boy", "brother", "by", "call", "caller", "care", "carer", "centre", "child", "children",
    "childrens", "coach", "consultant", "council", "court", "custody", "dad", "daughter", "deputy",
    "desk", "detective", "doctor", "door", "duty", "early", "education", "emergency", "family", "father",
    "female", "for", "foster", "friend", "from", "front", "girl", "governor", "gp", "guardian", "head",
    "headteacher", "health", "help", "home", "hospital", "hub", "inspector", "intake", "known", "lead",
    "learning", "male", "man", "manager", "mash", "member", "mentor", "midwife", "mother", "mum", "name",
    "neighbour", "nhs", "night", "no", "not", "nurse", "of", "office", "officer", "on", "other", "out",
    "parent", "partner", "pastoral", "person", "police", "practice", "practitioner", "prison",
    "probation", "public", "reception", "receptionist", "recorded", "referrer", "reviewing",
    "safeguarding", "school", "sergeant", "service", "services", "sibling", "sister", "social", "son",
    "staff", "step", "stepfather", "stepmother", "student", "support", "system", "targeted", "teacher",
    "team", "the", "to", "trust", "uncle", "unit", "unknown", "unnamed", "victim", "visitor", "warden",
    "witness", "woman", "worker", "young", "youth",
))  # fmt: skip

#: Rank and form of address, beyond the titles of the name lists.
RANKS = frozenset((
    "cllr", "dame", "dc", "dci", "dcs", "di", "doctor", "dr", "ds", "hhj", "insp", "inspector", "iro",
    "judge", "lady", "master", "miss", "mr", "mrs", "ms", "mx", "nurse", "pc", "pcso", "prof",
    "professor", "ps", "rev", "revd", "sergeant", "sgt", "sir", "sister", "supt", "sw",
))  # fmt: skip

#: Words that say what sort of place it is, not which one.
KIND_OF_PLACE = frozenset((
    "academy", "and", "bus", "catholic", "ce", "centre", "church", "clinic", "club", "college",
    "community", "comprehensive", "estate", "family", "form", "grammar", "health", "high", "home",
    "hospital", "hostel", "hotel", "house", "infant", "infants", "infirmary", "junior", "juniors",
    "library", "local", "lower", "market", "medical", "middle", "new", "nursery", "of", "old", "park",
    "police", "preschool", "primary", "private", "pru", "rc", "road", "saint", "school", "secondary",
    "shopping", "sixth", "special", "st", "station", "street", "surgery", "the", "train", "trust",
    "upper", "youth",
))  # fmt: skip

#: Words of an organisation's name that say what it is, not where.
ORGANISATION_WORDS = frozenset((
    "and", "association", "authority", "board", "borough", "camhs", "central", "charity", "children",
    "cic", "city", "combined", "company", "constabulary", "county", "csc", "district", "east", "england",
    "foundation", "great", "greater", "group", "housing", "integrated", "justice", "learning", "limited",
    "local", "lower", "ltd", "metropolitan", "mid", "multi", "national", "new", "nhs", "north",
    "partners", "partnership", "primary", "region", "regional", "royal", "safeguarding", "schools",
    "sector", "south", "university", "upper", "voluntary", "wales", "west", "yjs",
))  # fmt: skip
