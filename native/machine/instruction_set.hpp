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

// Where TAKEBACK_ISA is plain, TAKEBACK_FOR_ISA(name) is name_plain and TAKEBACK_ISA_NAME "plain".
#define TAKEBACK_FOR_ISA(name) TAKEBACK_JOINED(name, TAKEBACK_ISA)
#define TAKEBACK_ISA_NAME TAKEBACK_TEXT_OF(TAKEBACK_ISA)
// One step more each, for operands of # and ## are not replaced by what they stand for.
#define TAKEBACK_JOINED(name, set) TAKEBACK_JOIN(name, set)
#define TAKEBACK_JOIN(name, set) name##_##set
#define TAKEBACK_TEXT_OF(set) TAKEBACK_TEXT(set)
#define TAKEBACK_TEXT(set) #set
