// The commonest event, an entry added by a reporter, read straight from its canonical spelling.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace takeback {

// One addition. The views lie in the bytes it was read from.
struct PlainAddition {
  static constexpr size_t kMostSignals = 32;  // takeback.hashlist.events.MAX_SIGNALS
  static constexpr size_t kPdqBytes = 33;     // a PDQ and its quality
  static constexpr size_t kSha256Bytes = 32;
  static constexpr size_t kMd5Bytes = 16;

  // Signals of one kind, one behind the other, in the order of the event.
  template <size_t kBytes>
  struct Signals {
    std::array<uint8_t, kMostSignals * kBytes> bytes;
    size_t count = 0;

    uint8_t* next() { return bytes.data() + count * kBytes; }
    size_t size() const { return count * kBytes; }

    // Counts the signal written at next(); false if it stands there already. The quality of a PDQ
    // does not make it another.
    bool add_if_new() {
      constexpr size_t kValueBytes = kBytes == kPdqBytes ? kPdqBytes - 1 : kBytes;
      for (size_t each = 0; each < count; ++each) {
        if (std::memcmp(bytes.data() + each * kBytes, next(), kValueBytes) == 0) return false;
      }
      ++count;
      return true;
    }
  };

  std::string_view entry;
  std::string_view lane;
  std::string_view provenance;  // the JSON object
  std::string_view hour;
  Signals<kPdqBytes> pdq;
  Signals<kSha256Bytes> sha256;
  Signals<kMd5Bytes> md5;
};

// Reads one event from left to right. It knows one spelling only, and a part of what events may say:
// whatever it takes is an event (docs/wire.md), and what it does not take may still be one.
class PlainAdditionReader {
 public:
  PlainAdditionReader(const char* data, size_t size) : at_(data), end_(data + size) {}

  bool read(PlainAddition& found) {
    return literal("{\"entry\":\"") && entry(found) && literal("\",\"lane\":\"") && lane(found) &&
           literal("\",\"provenance\":") && provenance(found) && literal(",\"signals\":[") &&
           signals(found) && literal("],\"time\":\"") && hour(found) &&
           literal("\",\"type\":\"added\",\"v\":1}") && at_ == end_;
  }

 private:
  static constexpr size_t kEntryLetters = 26;
  static constexpr size_t kMostOrigin = 255;

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
    for (size_t count = 1; count <= PlainAddition::kMostSignals; ++count) {
      if (!signal(found)) return false;
      if (!literal(",")) return true;
    }
    return false;
  }

  bool signal(PlainAddition& found) {
    if (literal("{\"quality\":")) {
      uint8_t* const to = found.pdq.next();
      return quality(to[PlainAddition::kPdqBytes - 1]) && literal(",\"type\":\"pdq\",\"value\":\"") &&
             hex(to, PlainAddition::kPdqBytes - 1) && literal("\"}") && found.pdq.add_if_new();
    }
    if (literal("{\"type\":\"sha256\",\"value\":\"")) {
      return hex(found.sha256.next(), PlainAddition::kSha256Bytes) && literal("\"}") &&
             found.sha256.add_if_new();
    }
    return literal("{\"type\":\"md5\",\"value\":\"") &&
           hex(found.md5.next(), PlainAddition::kMd5Bytes) && literal("\"}") &&
           found.md5.add_if_new();
  }

  bool quality(uint8_t& value) {
    unsigned number = 0;
    size_t digits = 0;
    const bool zero = left() > 0 && *at_ == '0';
    for (; digits < 3 && at_ < end_ && *at_ >= '0' && *at_ <= '9'; ++digits, ++at_) {
      number = number * 10 + static_cast<unsigned>(*at_ - '0');
    }
    value = static_cast<uint8_t>(number);
    return digits > 0 && number <= 100 && (!zero || digits == 1);
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

  const char* at_;
  const char* const end_;
};

}  // namespace takeback
