// The namespace of the instruction set that a file is compiled for.
//
// The kernels are compiled several times, each time with other compiler flags. Each time all their
// functions stand in another namespace: the linker would otherwise keep one of several functions of
// one name, perhaps the one that this machine can't run. Types that go from one to the other stand
// outside of it.
#pragma once

#ifndef TAKEBACK_ISA
#define TAKEBACK_ISA plain
#endif
