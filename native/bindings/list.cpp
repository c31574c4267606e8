// The part of takeback._native that takeback.hashlist stands on.
#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "bindings/list.hpp"
#include "list/plain_addition.hpp"

namespace nb = nanobind;

namespace {

using takeback::PlainAddition;
using takeback::PlainAdditionReader;

constexpr size_t kCommitment = 32;
constexpr size_t kNonce = 32;
constexpr size_t kLength = 4;
constexpr size_t kMostEvent = 64 * 1024;  // takeback.tlog.commitments.MAX_EVENT_BYTES

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

// How many PDQs, SHA-256s and MD5s there are, a byte each; then they themselves.
nb::bytes signals_of(const PlainAddition& addition) {
  std::string joined;
  const auto& [pdq, sha256, md5] = std::tie(addition.pdq, addition.sha256, addition.md5);
  joined.reserve(3 + pdq.size() + sha256.size() + md5.size());
  for (const size_t count : {pdq.count, sha256.count, md5.count}) {
    joined.push_back(static_cast<char>(count));
  }
  joined.append(reinterpret_cast<const char*>(pdq.bytes.data()), pdq.size());
  joined.append(reinterpret_cast<const char*>(sha256.bytes.data()), sha256.size());
  joined.append(reinterpret_cast<const char*>(md5.bytes.data()), md5.size());
  return nb::bytes(joined.data(), joined.size());
}

// The length in front of an opening, an unsigned number of 32 bits, big-endian.
size_t length_at(const char* at) {
  size_t length = 0;
  for (size_t each = 0; each < kLength; ++each) {
    length = length << 8 | static_cast<unsigned char>(at[each]);
  }
  return length;
}

nb::tuple read_openings(const nb::bytes& bundle) {
  const char* at = bundle.c_str();
  const char* const end = at + bundle.size();
  nb::list commitments, opened, additions;
  Repeated lane, provenance, hour;
  const auto addition = std::make_unique<PlainAddition>();
  while (at < end) {
    if (static_cast<size_t>(end - at) < kCommitment + kLength) throw nb::value_error("cut off");
    commitments.append(nb::bytes(at, kCommitment));
    const size_t length = length_at(at + kCommitment);
    at += kCommitment + kLength;
    if (length == 0) {
      opened.append(nb::none());
      additions.append(nb::none());
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
                             hour.of(addition->hour), signals_of(*addition));
    }
    opened.append(nb::bytes(at, length));
    additions.append(plain);
    at += length;
  }
  return nb::make_tuple(commitments, opened, additions);
}

}  // namespace

void bind_list(nb::module_& module) {
  module.def("read_openings", &read_openings, nb::arg("bundle"),
             "Return three lists of the records of a range of openings: the commitments, nonce and "
             "event or None, addition or None. An addition is (entry, lane, provenance, hour, signals). Raises "
             "ValueError for what are no openings.");
}
