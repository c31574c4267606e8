// The Hamming kernels for one instruction set. CMakeLists.txt compiles this file once for each.
#include "hamming_kernels.hpp"

#include "hamming_probe.hpp"
#include "hamming_scan.hpp"

#define TAKEBACK_JOIN(left, right) left##right
#define TAKEBACK_TABLE_OF(isa) TAKEBACK_JOIN(hamming_, isa)
#define TAKEBACK_TEXT(isa) #isa
#define TAKEBACK_NAME_OF(isa) TAKEBACK_TEXT(isa)

namespace takeback {

extern const HammingKernels TAKEBACK_TABLE_OF(TAKEBACK_ISA){
    TAKEBACK_NAME_OF(TAKEBACK_ISA), &TAKEBACK_ISA::scan, &TAKEBACK_ISA::probe};

}  // namespace takeback
