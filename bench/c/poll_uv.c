/* poll_uv WARM COLD PAUSE: from the write to an eventfd to a uv_poll callback
 * that has read it. */
#include <sys/eventfd.h>
#include <uv.h>
#include "latency.h"

static int fd;

static void send_number(uint64_t v)
{
	if (write(fd, &v, sizeof v) != sizeof v)
		abort();
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	uint64_t v;
	if (read(fd, &v, sizeof v) == sizeof v)
		handled(v);
}

int main(int argc, char **argv)
{
	uv_poll_t poll;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0 || uv_poll_init(uv_default_loop(), &poll, fd) != 0 || uv_poll_start(&poll, UV_READABLE, on_poll) != 0)
		return 1;
	start(argc, argv);
	return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
