"""What LMDB's files say of themselves, read as they lie on the disk."""
import struct

PAGE, META, CACHE_LINE = 4096, 16, 64
NO_TRANSACTION = 2**64 - 1


def commits(store):
    """Of the data file: the number of its last commit, in the newer of two meta pages, behind two descriptions of trees."""
    with (store / "data.mdb").open("rb") as data:
        pages = data.read(2 * PAGE)
    return max(struct.unpack_from("Q", pages, page + META + 128)[0] for page in (0, PAGE))


def readers(store):
    """Of the lock file: process ids that have a read transaction open."""
    slots = (store / "lock.mdb").read_bytes()[2 * CACHE_LINE :]
    found = [
        struct.unpack_from("QI", slots, at)
        for at in range(0, len(slots) - CACHE_LINE + 1, CACHE_LINE)
    ]
    return {process for transaction, process in found if process and transaction != NO_TRANSACTION}
