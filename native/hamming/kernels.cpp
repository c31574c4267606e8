// The Hamming kernels for one instruction set. CMakeLists.txt compiles this file once for each.
#include "hamming/kernels.hpp"

#include "hamming/probe.hpp"
#include "hamming/scan.hpp"
#include "machine/instruction_set.hpp"

namespace takeback {

const HammingKernels TAKEBACK_FOR_ISA(hamming) = {
    TAKEBACK_ISA_NAME, TAKEBACK_ISA::scan, TAKEBACK_ISA::probe};

}  // namespace takeback
