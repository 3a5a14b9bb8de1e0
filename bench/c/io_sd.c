/* io_sd WARM COLD PAUSE: from the write to an eventfd to an sd-event callback
 * that has read it. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
#include "latency.h"

static int fd;

static void send_number(uint64_t v)
{
	if (write(fd, &v, sizeof v) != sizeof v)
		abort();
}

static int on_io(sd_event_source *source, int io, uint32_t events, void *unused)
{
	uint64_t v;
	if (read(io, &v, sizeof v) == sizeof v)
		handled(v);
	return 0;
}

int main(int argc, char **argv)
{
	sd_event *event;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0 || sd_event_new(&event) < 0 || sd_event_add_io(event, NULL, fd, EPOLLIN, on_io, NULL) < 0)
		return 1;
	start(argc, argv);
	return sd_event_loop(event) < 0;
}
