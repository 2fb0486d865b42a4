"""What the tests run against: real mail servers, the daemon, the command line, and both ends of SMTP.

Everything is private to one directory of the test's own, listens on loopback only, and ends with
the test.
"""
