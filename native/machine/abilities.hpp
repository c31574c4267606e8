// What the machine that runs this can, for the choice among the kernels. To be asked only by code
// that every machine can run: none that was compiled with the flags of an instruction set.
#pragma once

#ifdef TAKEBACK_X86_64_LEVELS

namespace takeback {

// The levels of x86-64: the third has AVX2, FMA and BMI2, the fourth AVX-512 as well.
inline bool has_x86_64_v3() { return __builtin_cpu_supports("x86-64-v3"); }
inline bool has_x86_64_v4() { return __builtin_cpu_supports("x86-64-v4"); }

// Counting the bits of eight words at once; no level asks for it.
inline bool has_avx512vpopcntdq() { return __builtin_cpu_supports("avx512vpopcntdq"); }

}  // namespace takeback

#endif
