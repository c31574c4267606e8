// takeback._native: the kernels for Python, on NumPy arrays where they lie.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <string>

#include "bindings/hamming.hpp"
#include "bindings/list.hpp"
#include "bindings/luma.hpp"
#include "bindings/media.hpp"
#include "bindings/pixels.hpp"
#include "hamming/kernels.hpp"
#include "pdq/kernels.hpp"
#include "pdq/pdq.hpp"

namespace nb = nanobind;

namespace {

using namespace takeback;

// Other Python threads run meanwhile.
Fingerprint fingerprint_of(nb::handle object) {
  const PixelArray array = array_of(object);
  const Pixels pixels = pixels_of(array);
  const nb::gil_scoped_release released;
  const std::unique_ptr<float[]> workspace(
      new float[PdqRows::workspace_floats(pixels.width, pixels.height)]);
  return chosen_kernels<Kernels>()->fingerprint_pixels(pixels, workspace.get());
}

nb::tuple pdq(nb::handle object) {
  const Fingerprint fingerprint = fingerprint_of(object);
  return nb::make_tuple(bytes_of(fingerprint.hashes[0]), fingerprint.quality);
}

nb::tuple dihedral_pdqs(nb::handle object) { return dihedrals_of(fingerprint_of(object)); }

template <typename Kind>
nb::list instruction_sets() {
  nb::list names;
  for (const Kind* each : kernels_here<Kind>()) names.append(each->instruction_set);
  return names;
}

template <typename Kind>
void use_instruction_set(const std::string& name) {
  for (const Kind* each : kernels_here<Kind>()) {
    if (name == each->instruction_set) {
      chosen_kernels<Kind>() = each;
      return;
    }
  }
  throw nb::value_error(("This machine has no kernels for " + name + ".").c_str());
}

template <typename Kind>
void bind_instruction_sets(nb::module_& module, const char* list, const char* use) {
  module.def(list, &instruction_sets<Kind>,
             "Return the names of those that this machine can run, the fastest first.");
  module.def(use, &use_instruction_set<Kind>, nb::arg("name"),
             "Choose among them, for tests and measurements: all give the same.");
}

}  // namespace

NB_MODULE(_native, module) {
  module.doc() =
      "C++ kernels of Takeback, for takeback.fingerprints, takeback.matching and takeback.media.";
  module.def("pdq", &pdq, nb::arg("pixels").none(),
             "Return (the 32 bytes of the PDQ, its quality 0 to 100) of a uint8 array.");
  module.def("dihedral_pdqs", &dihedral_pdqs, nb::arg("pixels").none(),
             "Return (eight PDQs of 32 bytes, their quality) of a uint8 array.");
  bind_instruction_sets<Kernels>(module, "instruction_sets", "use_instruction_set");
  bind_instruction_sets<HammingKernels>(module, "hamming_instruction_sets",
                                        "use_hamming_instruction_set");
  bind_hamming(module);
  bind_list(module);
  bind_luma(module);
  bind_media(module);
}
