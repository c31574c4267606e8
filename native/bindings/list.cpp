// The part of takeback._native that takeback.hashlist stands on.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings/list.hpp"
#include "list/plain_addition.hpp"

namespace nb = nanobind;

namespace {

using takeback::PlainAddition;
using takeback::PlainAdditionReader;
using takeback::SignalKind;
using takeback::SignalKinds;
using takeback::SignalNumber;

// Rows as Python has them: a number is (name, least, most, bytes), a kind (name, number, bytes of a
// value, numbers, most an entry).
using Number = std::tuple<std::string, uint64_t, uint64_t, size_t>;
using Kind =
    std::tuple<std::string, uint8_t, size_t, std::vector<Number>, std::optional<size_t>>;

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

// The signals as takeback.signals.packing describes: how many kinds, then number and count of each,
// then the signals themselves.
nb::bytes signals_of(const SignalKinds& table, const PlainAddition& addition, std::string& joined) {
  joined.assign(1, '\0');
  for (size_t each = 0; each < table.kinds.size(); ++each) {
    if (addition.signals[each].count == 0) continue;
    ++joined[0];
    joined.push_back(static_cast<char>(table.kinds[each].number));
    joined.push_back(static_cast<char>(addition.signals[each].count));
  }
  for (size_t each = 0; each < table.kinds.size(); ++each) {
    const PlainAddition::Signals& same = addition.signals[each];
    joined.append(reinterpret_cast<const char*>(same.bytes.data()),
                  same.count * table.kinds[each].packed_bytes);
  }
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

// The one table of this process.
SignalKinds& known_kinds() {
  static SignalKinds table;
  return table;
}

nb::tuple read_openings(const nb::bytes& bundle) {
  const SignalKinds& table = known_kinds();
  const char* at = bundle.c_str();
  const char* const end = at + bundle.size();
  nb::list commitments, opened, additions;
  Repeated lane, provenance, hour;
  PlainAddition addition(table);
  std::string joined;
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
    if (PlainAdditionReader(table, at + kNonce, length - kNonce).read(addition)) {
      plain = nb::make_tuple(nb::str(addition.entry.data(), addition.entry.size()),
                             lane.of(addition.lane), provenance.of(addition.provenance),
                             hour.of(addition.hour), signals_of(table, addition, joined));
    }
    opened.append(nb::bytes(at, length));
    additions.append(plain);
    at += length;
  }
  return nb::make_tuple(commitments, opened, additions);
}

void know_kinds(const std::vector<Kind>& rows, size_t most_signals) {
  SignalKinds table;
  table.most_signals = most_signals;
  for (const auto& [name, number, value_bytes, numbers, most] : rows) {
    std::vector<SignalNumber> beside;
    for (const auto& [label, least, greatest, bytes] : numbers) {
      beside.push_back({label, least, greatest, bytes});
    }
    table.kinds.emplace_back(name, number, value_bytes, beside, most);
  }
  known_kinds() = std::move(table);
}

}  // namespace

void bind_list(nb::module_& module) {
  module.def("know_kinds", &know_kinds, nb::arg("kinds"), nb::arg("most_signals"),
             "Say once which kinds of fingerprint there are, before openings are read. A kind is "
             "(name, number, bytes of a value, numbers, most an entry or None), a number (name, "
             "least, most, bytes).");
  module.def("read_openings", &read_openings, nb::arg("bundle"),
             "Return three lists of the records of a range of openings: the commitments, nonce and "
             "event or None, addition or None. An addition is (entry, lane, provenance, hour, "
             "signals); one with a signal of a kind that is not known is none. Raises ValueError "
             "for what are no openings.");
}
