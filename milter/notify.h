/* Telling systemd how we are; nothing without it. */
#ifndef MILTICKET_NOTIFY_H
#define MILTICKET_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
void notify_status(const char *text); /* a line for systemctl status; "": nothing to say */
void notify_watchdog(void);

/* How often systemd is to hear of us, in seconds; 0 when it does not ask. */
unsigned notify_watchdog_every(void);

#endif
