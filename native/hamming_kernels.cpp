// The Hamming kernels for one instruction set. CMakeLists.txt compiles this file once for each.
#include "hamming_kernels.hpp"

#include "hamming_probe.hpp"
#include "hamming_scan.hpp"
#include "instruction_set.hpp"

namespace takeback {

const HammingKernels TAKEBACK_FOR_ISA(hamming) = {
    TAKEBACK_ISA_NAME, TAKEBACK_ISA::scan, TAKEBACK_ISA::probe};

}  // namespace takeback
