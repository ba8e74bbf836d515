// SPDX-License-Identifier: GPL-2.0-only
/*
 * Client and server take turns, one always waits for the other. To wake one on
 * a processor that sleeps costs several times what a switch on the same one
 * does, in a guest more than the request itself.
 */
#include <sched.h>
#include <sys/socket.h>

#include "vfio_user_wire.h"

void vfio_user_near_stay(struct vfio_user_near *near)
{
	cpu_set_t here;
	int cpu;

	if (near->users++)
		return;
	cpu = sched_getcpu();
	near->bound = cpu >= 0 && cpu < CPU_SETSIZE &&
		      !sched_getaffinity(0, sizeof(near->before), &near->before);
	if (!near->bound)
		return;
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	near->bound = !sched_setaffinity(0, sizeof(here), &here);
}

void vfio_user_near_follow(struct vfio_user_near *near, int fd)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);
	cpu_set_t there;

	if (near->users++)
		return;
	near->bound = !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
		      peer.pid > 0 &&
		      !sched_getaffinity(peer.pid, sizeof(there), &there) &&
		      CPU_COUNT(&there) == 1 &&
		      !sched_getaffinity(0, sizeof(near->before), &near->before) &&
		      !sched_setaffinity(0, sizeof(there), &there);
}

void vfio_user_near_leave(struct vfio_user_near *near)
{
	if (!near->users || --near->users)
		return;
	if (near->bound)
		sched_setaffinity(0, sizeof(near->before), &near->before);
	near->bound = false;
}
