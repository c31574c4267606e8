// takeback._native: the kernels for Python, on NumPy arrays where they lie.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <string>
#include <utility>

#include "bindings_hamming.hpp"
#include "bindings_luma.hpp"
#include "bindings_media.hpp"
#include "bindings_pixels.hpp"
#include "kernels_in_use.hpp"
#include "pdq.hpp"

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
  return kernels().fingerprint_pixels(pixels, workspace.get());
}

nb::bytes bytes_of(const PdqHash& hash) { return nb::bytes(hash.bytes, sizeof hash.bytes); }

nb::tuple pdq(nb::handle object) {
  const Fingerprint fingerprint = fingerprint_of(object);
  return nb::make_tuple(bytes_of(fingerprint.hashes[0]), fingerprint.quality);
}

template <size_t... Index>
nb::tuple eight_of(const Fingerprint& fingerprint, std::index_sequence<Index...>) {
  return nb::make_tuple(bytes_of(fingerprint.hashes[Index])...);
}

nb::tuple dihedral_pdqs(nb::handle object) {
  const Fingerprint fingerprint = fingerprint_of(object);
  return nb::make_tuple(eight_of(fingerprint, std::make_index_sequence<kDihedrals>()),
                        fingerprint.quality);
}

nb::list instruction_sets() {
  nb::list names;
  for (const Kernels* each : kernels_here()) names.append(each->instruction_set);
  return names;
}

void use_instruction_set(const std::string& name) {
  for (const Kernels* each : kernels_here()) {
    if (name == each->instruction_set) {
      chosen_kernels() = each;
      return;
    }
  }
  throw nb::value_error(("This machine has no kernels for " + name + ".").c_str());
}

}  // namespace

NB_MODULE(_native, module) {
  module.doc() = "C++ kernels of Takeback. Import them through takeback.fingerprints.";
  module.def("pdq", &pdq, nb::arg("pixels").none(),
             "Return (the 32 bytes of the PDQ, its quality 0 to 100) of a uint8 array.");
  module.def("dihedral_pdqs", &dihedral_pdqs, nb::arg("pixels").none(),
             "Return (eight PDQs of 32 bytes, their quality) of a uint8 array.");
  module.def("instruction_sets", &instruction_sets,
             "Return the names of those that this machine can run, the fastest first.");
  module.def("use_instruction_set", &use_instruction_set, nb::arg("name"),
             "Choose among them, for tests and measurements: all give the same bits.");
  bind_hamming(module);
  bind_luma(module);
  bind_media(module);
}
