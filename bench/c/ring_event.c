/* A ring on libevent. */
#include <event2/event.h>
#include "ring.h"

static struct event_base *base;

static void on_io(evutil_socket_t fd, short ready, void *i)
{
	if (handle((int)(intptr_t)i))
		event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
	make(argc, argv);
	base = event_base_new();
	for (int i = 0; i < n; i++)
		if (event_add(event_new(base, reading(i), EV_READ | EV_PERSIST, on_io, (void *)(intptr_t)i), NULL) != 0)
			return 1;
	int64_t began = go();
	event_base_dispatch(base);
	return report(began);
}
