/* A ring on libuv. */
#include <uv.h>
#include "ring.h"

static void on_poll(uv_poll_t *handle_, int status, int ready)
{
	if (handle((int)(intptr_t)handle_->data))
		uv_stop(handle_->loop);
}

int main(int argc, char **argv)
{
	make(argc, argv);
	uv_poll_t *polls = calloc(n, sizeof *polls);
	for (int i = 0; i < n; i++) {
		if (uv_poll_init(uv_default_loop(), polls + i, reading(i)) != 0)
			return 1;
		polls[i].data = (void *)(intptr_t)i;
		uv_poll_start(polls + i, UV_READABLE, on_poll);
	}
	int64_t began = go();
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	return report(began);
}
