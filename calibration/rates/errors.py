"""Why error rates cannot be measured.

RatesError
├── FolderUnfit   the folder of photos or the people file cannot be used: the technician names another
└── TooFew        the folder holds too few people or photos for what was asked: ask for less, or add photos
"""


class RatesError(Exception):
    """Root; says in one line what is wrong and what to do."""


class FolderUnfit(RatesError):
    pass


class TooFew(RatesError):
    pass
