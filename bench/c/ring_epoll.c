/* A ring on a bare epoll loop. */
#include <sys/epoll.h>
#include "ring.h"

int main(int argc, char **argv)
{
	struct epoll_event batch[256];
	make(argc, argv);
	int ep = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < n; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};
		if (epoll_ctl(ep, EPOLL_CTL_ADD, reading(i), &ev) != 0)
			return 1;
	}
	int64_t began = go();
	for (;;) {
		int ready = epoll_wait(ep, batch, 256, -1);
		for (int i = 0; i < ready; i++)
			if (handle(batch[i].data.u32))
				return report(began);
	}
}
