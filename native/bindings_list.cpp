// The part of takeback._native that takeback.hashlist stands on.
#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <string_view>

#include "bindings_list.hpp"
#include "plain_addition.hpp"

namespace nb = nanobind;

namespace {

using takeback::PlainAddition;
using takeback::PlainAdditionReader;

constexpr size_t kCommitment = 32;
constexpr size_t kNonce = 32;
constexpr size_t kLength = 4;
constexpr size_t kMostEvent = 64 * 1024;  // takeback.hashlist.events.MAX_EVENT_BYTES

// Many events in a row say the same: it is kept as one object.
class Repeated {
 public:
  nb::object of(std::string_view text) {
    if (!object_.is_valid() || text != text_) {
      text_ = text;
      object_ = nb::str(text.data(), text.size());
    }
    return object_;
  }

 private:
  std::string text_;
  nb::object object_;
};

template <typename Signals>
nb::bytes bytes_of(const Signals& signals) {
  return nb::bytes(signals.bytes.data(), signals.size());
}

// The length in front of an opening, an unsigned number of 32 bits, big-endian.
size_t length_at(const char* at) {
  size_t length = 0;
  for (size_t each = 0; each < kLength; ++each) {
    length = length << 8 | static_cast<unsigned char>(at[each]);
  }
  return length;
}

nb::list read_openings(const nb::bytes& bundle) {
  const char* at = bundle.c_str();
  const char* const end = at + bundle.size();
  nb::list records;
  Repeated lane, provenance, hour;
  const auto addition = std::make_unique<PlainAddition>();
  while (at < end) {
    if (static_cast<size_t>(end - at) < kCommitment + kLength) throw nb::value_error("cut off");
    const nb::bytes commitment(at, kCommitment);
    const size_t length = length_at(at + kCommitment);
    at += kCommitment + kLength;
    if (length == 0) {
      records.append(nb::make_tuple(commitment, nb::none(), nb::none()));
      continue;
    }
    if (length <= kNonce || length > kNonce + kMostEvent) {
      throw nb::value_error(("an opening can't have " + std::to_string(length) + " bytes").c_str());
    }
    if (static_cast<size_t>(end - at) < length) throw nb::value_error("cut off");
    nb::object plain = nb::none();
    addition->pdq.count = addition->sha256.count = addition->md5.count = 0;
    if (PlainAdditionReader(at + kNonce, length - kNonce).read(*addition)) {
      plain = nb::make_tuple(nb::str(addition->entry.data(), addition->entry.size()),
                             lane.of(addition->lane), provenance.of(addition->provenance),
                             hour.of(addition->hour), bytes_of(addition->pdq),
                             bytes_of(addition->sha256), bytes_of(addition->md5));
    }
    records.append(nb::make_tuple(commitment, nb::bytes(at, length), plain));
    at += length;
  }
  return records;
}

}  // namespace

void bind_list(nb::module_& module) {
  module.def("read_openings", &read_openings, nb::arg("bundle"),
             "Return (commitment, nonce and event or None, addition or None) for each record of an "
             "openings bundle; an addition is (entry, lane, provenance, hour, PDQs with quality, "
             "SHA-256s, MD5s). Raises ValueError for what is no bundle.");
}
