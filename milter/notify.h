/* Telling systemd how we are; nothing without it. */
#ifndef MILTICKET_NOTIFY_H
#define MILTICKET_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
void notify_watchdog(void);

#endif
