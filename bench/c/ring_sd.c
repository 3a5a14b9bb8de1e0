/* A ring on sd-event. */
#include <sys/epoll.h>
#include <systemd/sd-event.h>
#include "ring.h"

static int on_io(sd_event_source *s, int fd, uint32_t ready, void *i)
{
	if (handle((int)(intptr_t)i))
		sd_event_exit(sd_event_source_get_event(s), 0);
	return 0;
}

int main(int argc, char **argv)
{
	sd_event *e;
	make(argc, argv);
	if (sd_event_default(&e) < 0)
		return 1;
	for (int i = 0; i < n; i++)
		if (sd_event_add_io(e, NULL, reading(i), EPOLLIN, on_io, (void *)(intptr_t)i) < 0)
			return 1;
	int64_t began = go();
	sd_event_loop(e);
	return report(began);
}
