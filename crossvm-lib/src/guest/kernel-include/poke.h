/* SPDX-License-Identifier: GPL-2.0-only */
/* A tutorial's poke.c includes it, though nothing in it is needed. */
