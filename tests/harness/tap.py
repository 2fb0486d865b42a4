"""What programs that check the sources print."""


def tell(results):
    """Of each sentence what is wrong with it; gives the exit code."""
    print(f"1..{len(results)}")
    for number, (sentence, wrong) in enumerate(results.items(), 1):
        print(f"{'not ok' if wrong else 'ok'} {number} {sentence}")
        for line in wrong:
            print(f"# {line}")
    return 1 if any(results.values()) else 0


def tell_checks(checks):
    """The same of functions, by their names."""
    return tell({check.__name__.replace("_", " "): check() for check in checks})
