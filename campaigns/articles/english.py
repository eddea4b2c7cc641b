"""The English words that reading an article goes by. The rules that use them stand where they are used;
another language needs another set of these."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Counting
ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
FIRSTS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
LASTS = ("finally", "lastly", "last")

# Words that a title writes small.
SMALL = _words("a an the and or but nor of for to in on at by with from as vs via per your our is are be it its up")

# Words that open a clause and hardly ever a heading in sentence case.
CLAUSE_OPENERS = _words(
    "i we you he she they it it's we're you're that's there there's this these those and but so if then because while "
    "although though since once also however please thanks thank let's"
)
ASKING = _words("why how what when where which who whose is are does do did can could should will would")
ASKING_FOR_FACTS = _words("why how what when where which")
ADDRESSED = _words("you we")

# Headings that open a part of any article, and so are never its title nor a point that it makes.
GENERIC = frozenset(
    {"introduction", "overview", "conclusion", "summary", "background", "about", "contents", "table of contents"}
)

# Abbreviations whose full stop ends no sentence.
ABBREVIATIONS = _words(
    "dr mr mrs ms mx prof st vs e.g i.e eg ie cf fig approx ca rev hon gen col sen jr sr al incl excl tel no"
)

# What articles count: "Common Causes of …" reads as "5 Common Causes of …".
COUNTED = _words(
    "approaches benefits causes drills exercises facts factors habits ideas keys lessons methods mistakes moves myths "
    "options points questions reasons remedies risks rules secrets signs solutions steps strategies stretches symptoms "
    "techniques things tips treatments tricks triggers types ways"
)
# Where the counted noun is over, and what makes a number in front of it wrong.
AFTER_COUNTED = _words("of for to in on at by with from behind that which you we when")
UNCOUNTED = _words(
    "the a an these those your our my their its how why what where which some all more avoid build follow know learn "
    "take try understand use watch one two three four five six seven eight nine ten"
)
