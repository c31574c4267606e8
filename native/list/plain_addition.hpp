// The commonest event, an entry added by a reporter, read straight from its canonical spelling.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace takeback {

// A whole number that stands beside a signal's value, packed little-endian.
struct SignalNumber {
  std::string name;
  uint64_t least = 0;
  uint64_t most = 0;
  size_t bytes = 1;
};

// One kind of fingerprint: a row of takeback.signals.kinds.KINDS, and its one spelling in JSON.
class SignalKind {
 public:
  SignalKind(std::string name, uint8_t number, size_t value_bytes,
             std::vector<SignalNumber> numbers, std::optional<size_t> most)
      : number(number), value_bytes(value_bytes), packed_bytes(value_bytes), most(most) {
    // Keys are sorted; each part is what stands before the next value that varies.
    std::map<std::string, Part> keys;
    keys["type"] = Part{"\"" + name + "\"", Part::kNothing, {}, 0};
    keys["value"] = Part{"\"", Part::kValue, {}, 0};
    for (const SignalNumber& each : numbers) {
      keys[each.name] = Part{"", Part::kNumber, each, packed_bytes};
      packed_bytes += each.bytes;
    }
    std::string before = "{";
    for (auto& [key, part] : keys) {
      before += "\"" + key + "\":" + part.literal;
      if (part.follows != Part::kNothing) {
        part.literal = std::move(before);
        parts.push_back(part);
        before = part.follows == Part::kValue ? "\"" : "";
      }
      before += ",";
    }
    before.back() = '}';
    end = std::move(before);
  }

  struct Part {
    enum Follows { kNothing, kValue, kNumber };
    std::string literal;
    Follows follows = kNothing;
    SignalNumber number;
    size_t place = 0;  // of the number, in the packed signal
  };

  uint8_t number;
  size_t value_bytes;
  size_t packed_bytes;
  std::optional<size_t> most;  // an entry may have; otherwise it counts with the others
  std::vector<Part> parts;
  std::string end;
};

// All kinds, by ascending number, and the most signals of those that state no number of their own.
struct SignalKinds {
  std::vector<SignalKind> kinds;
  size_t most_signals = 0;
};

// One addition. The views lie in the bytes it was read from.
struct PlainAddition {
  // Signals of one kind, one behind the other, in the order of the event.
  struct Signals {
    std::vector<uint8_t> bytes;
    size_t count = 0;
  };

  explicit PlainAddition(const SignalKinds& table) : signals(table.kinds.size()) {}

  std::string_view entry;
  std::string_view lane;
  std::string_view provenance;  // the JSON object
  std::string_view hour;
  std::vector<Signals> signals;  // in the order of the kinds
};

// Reads one event from left to right. It knows one spelling only, and a part of what events may say:
// whatever it takes is an event (docs/wire.md), and what it does not take may still be one.
class PlainAdditionReader {
 public:
  PlainAdditionReader(const SignalKinds& table, const char* data, size_t size)
      : table_(table), at_(data), end_(data + size) {}

  bool read(PlainAddition& found) {
    return literal("{\"entry\":\"") && entry(found) && literal("\",\"lane\":\"") && lane(found) &&
           literal("\",\"provenance\":") && provenance(found) && literal(",\"signals\":[") &&
           signals(found) && literal("],\"time\":\"") && hour(found) &&
           literal("\",\"type\":\"added\",\"v\":1}") && at_ == end_;
  }

 private:
  static constexpr size_t kEntryLetters = 26;
  static constexpr size_t kMostOrigin = 255;
  static constexpr size_t kMostDigits = 10;  // of a number of 32 bits

  size_t left() const { return static_cast<size_t>(end_ - at_); }

  bool literal(std::string_view text) {
    if (left() < text.size() || std::memcmp(at_, text.data(), text.size()) != 0) return false;
    at_ += text.size();
    return true;
  }

  // Base32 of 128 bits: the last letter carries three bits, its other two are zero.
  bool entry(PlainAddition& found) {
    if (left() < kEntryLetters) return false;
    found.entry = {at_, kEntryLetters};
    for (const char letter : found.entry) {
      if (!((letter >= 'a' && letter <= 'z') || (letter >= '2' && letter <= '7'))) return false;
    }
    at_ += kEntryLetters;
    return std::string_view("aeimquy4").find(found.entry.back()) != std::string_view::npos;
  }

  bool lane(PlainAddition& found) {
    for (const std::string_view known : {"self_reported", "confirmed"}) {
      const char* const start = at_;
      if (literal(known)) {
        found.lane = {start, known.size()};
        return true;
      }
    }
    return false;
  }

  // An origin of printable ASCII that JSON need not escape.
  bool provenance(PlainAddition& found) {
    const char* const start = at_;
    if (!literal("{\"hotline\":\"")) return false;
    const char* const origin = at_;
    while (at_ < end_ && *at_ >= ' ' && *at_ <= '~' && *at_ != '"' && *at_ != '\\') ++at_;
    const size_t length = static_cast<size_t>(at_ - origin);
    if (length == 0 || length > kMostOrigin || !literal("\",\"source\":\"reporter\"}")) return false;
    found.provenance = {start, static_cast<size_t>(at_ - start)};
    return true;
  }

  bool signals(PlainAddition& found) {
    for (PlainAddition::Signals& each : found.signals) each.count = 0;
    size_t counted = 0;
    do {
      if (!signal(found, counted)) return false;
    } while (literal(","));
    return true;
  }

  bool signal(PlainAddition& found, size_t& counted) {
    const char* const start = at_;
    for (size_t each = 0; each < table_.kinds.size(); ++each, at_ = start) {
      const SignalKind& kind = table_.kinds[each];
      PlainAddition::Signals& same = found.signals[each];
      const size_t used = same.count * kind.packed_bytes;
      if (same.bytes.size() < used + kind.packed_bytes) {
        same.bytes.resize(2 * (used + kind.packed_bytes));
      }
      uint8_t* const to = same.bytes.data() + used;
      if (!spelt(kind, to)) continue;
      if (kind.most ? same.count == *kind.most : counted++ == table_.most_signals) return false;
      // A number does not make it another.
      for (const uint8_t* other = same.bytes.data(); other < to; other += kind.packed_bytes) {
        if (*other == *to && std::memcmp(other, to, kind.value_bytes) == 0) return false;
      }
      ++same.count;
      return true;
    }
    return false;
  }

  bool spelt(const SignalKind& kind, uint8_t* to) {
    for (const SignalKind::Part& part : kind.parts) {
      if (!literal(part.literal)) return false;
      const bool right = part.follows == SignalKind::Part::kValue
                             ? hex(to, kind.value_bytes)
                             : whole_number(part.number, to + part.place);
      if (!right) return false;
    }
    return literal(kind.end);
  }

  bool whole_number(const SignalNumber& range, uint8_t* to) {
    uint64_t value = 0;
    size_t digits = 0;
    const bool zero = left() > 0 && *at_ == '0';
    for (; digits < kMostDigits && at_ < end_ && *at_ >= '0' && *at_ <= '9'; ++digits, ++at_) {
      value = value * 10 + static_cast<uint64_t>(*at_ - '0');
    }
    if (digits == 0 || value < range.least || value > range.most || (zero && digits > 1)) {
      return false;
    }
    for (size_t each = 0; each < range.bytes; ++each) {
      to[each] = static_cast<uint8_t>(value >> 8 * each);
    }
    return true;
  }

  bool hex(uint8_t* to, size_t bytes) {
    if (left() < 2 * bytes) return false;
    for (size_t each = 0; each < bytes; ++each, at_ += 2) {
      const int high = digit(at_[0]);
      const int low = digit(at_[1]);
      if (high < 0 || low < 0) return false;
      to[each] = static_cast<uint8_t>(high << 4 | low);
    }
    return true;
  }

  static int digit(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }

  // 2026-03-01T14:00:00Z, a day that the Gregorian calendar has.
  bool hour(PlainAddition& found) {
    const char* const start = at_;
    int year = 0, month = 0, day = 0, clock = 0;
    if (!(number(4, year) && literal("-") && number(2, month) && literal("-") && number(2, day) &&
          literal("T") && number(2, clock) && literal(":00:00Z"))) {
      return false;
    }
    constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1 || clock > 23) return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const int days = kDays[static_cast<size_t>(month)] + (leap && month == 2 ? 1 : 0);
    found.hour = {start, static_cast<size_t>(at_ - start)};
    return day <= days;
  }

  bool number(size_t digits, int& value) {
    if (left() < digits) return false;
    value = 0;
    for (size_t each = 0; each < digits; ++each, ++at_) {
      if (*at_ < '0' || *at_ > '9') return false;
      value = value * 10 + (*at_ - '0');
    }
    return true;
  }

  const SignalKinds& table_;
  const char* at_;
  const char* const end_;
};

}  // namespace takeback
