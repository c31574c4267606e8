// Multi-index hashing (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with
// multi-index hashing", 2014): looks up, in one band, every slot within a radius of the query's.
//
// All of it waits for memory, so each step asks for what the next will read: lines of slots, then
// where their entries begin, then the entries, then the codes.
#pragma once

#include <bit>
#include <cstring>

#include "hamming/scan.hpp"
#include "hamming/slots.hpp"
#include "hamming/this_set.hpp"

namespace takeback::TAKEBACK_ISA {

inline constexpr uint32_t kLinesAhead = 24;
inline constexpr size_t kCodesAhead = 128;

[[gnu::always_inline]] inline uint64_t least(uint64_t one, uint64_t other) {
  return one < other ? one : other;
}

inline void prefetch(const void* address) { __builtin_prefetch(address); }

[[gnu::always_inline]] inline uint64_t load_word(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// [r][s]: of the 64 slots of a word, a bit for each at most r bits from slot s.
struct Balls {
  uint64_t of[kMostRadius + 1][64];
};

consteval Balls make_balls() {
  Balls balls{};
  for (unsigned radius = 0; radius <= kMostRadius; ++radius) {
    for (unsigned centre = 0; centre < 64; ++centre) {
      for (unsigned slot = 0; slot < 64; ++slot) {
        if (std::popcount(centre ^ slot) <= static_cast<int>(radius)) {
          balls.of[radius][centre] |= uint64_t{1} << slot;
        }
      }
    }
  }
  return balls;
}

inline constexpr Balls kBalls = make_balls();

// Of a line's slots, a bit for each at most `radius` bits from the centre.
inline void ball_of(unsigned centre, int radius, uint64_t* words) {
  for (unsigned word = 0; word < kLineWords; ++word) {
    const int left = radius - __builtin_popcount(word ^ centre >> 6);
    words[word] = left < 0 ? 0 : kBalls.of[left][centre & 63];
  }
}

inline HammingGroup* groups_of_line(const uint64_t* line, uint64_t first_word,
                                    const uint64_t* wanted, HammingGroup* out) {
  for (unsigned words = words_in_both(line, wanted); words != 0; words &= words - 1) {
    const auto word = static_cast<unsigned>(__builtin_ctz(words));
    const uint64_t passed = word % kWordsCounted == 0 ? 0 : line[word - 1];
    *out++ = {line[word] & wanted[word], line[word],
              static_cast<uint64_t>(__builtin_popcountll(passed)), first_word + word};
  }
  return out;
}

struct BandTables {
  const HammingTables& all;
  const uint64_t* occupied;
  const uint32_t* before;
  const uint8_t* last;
  const uint8_t* entries;  // null: entries are their own numbers

  BandTables(const HammingTables& tables, unsigned band)
      : all(tables),
        occupied(tables.occupied + band * tables.slot_words),
        before(tables.before + band * tables.slot_words / kWordsCounted),
        last(tables.last + band * tables.last_bytes),
        entries(band == 0 && tables.ordered
                    ? nullptr
                    : tables.entries + (band - tables.ordered) * tables.entry_bytes) {}

  // At least 57 bits of `last`, from that of one entry on.
  uint64_t last_from(uint64_t entry) const { return load_word(last + entry / 8) >> entry % 8; }

  void fetch_entry(uint64_t place) const {
    if (entries != nullptr) prefetch(entries + place * all.entry_bits / 8);
  }

  // How many rows an entry names, as a power of two.
  unsigned block_bits() const { return entries == nullptr ? 0 : all.block_bits; }

  uint64_t block_at(uint64_t place) const {
    if (entries == nullptr) return place;
    const uint64_t bit = place * all.entry_bits;
    return (load_word(entries + bit / 8) >> bit % 8) & ((uint64_t{1} << all.entry_bits) - 1);
  }
};

// Reads what the candidates name, and compares.
inline void look_at(const BandTables& band, uint64_t* candidates, size_t count,
                    const HammingQuery& query, unsigned most, HitBuffer& hits) {
  const HammingTables& all = band.all;
  const unsigned block_bits = band.block_bits();
  const size_t ahead = kCodesAhead >> block_bits;
  const auto fetch = [&](size_t at) {
    // Whatever a damaged table says, only rows that are there are read.
    candidates[at] = least(band.block_at(candidates[at]) << block_bits, all.rows);
    const uint8_t* const code = all.codes + candidates[at] * kCodeBytes;
    for (uint64_t line = 0; line < uint64_t{kCodeBytes} << block_bits; line += 64) {
      prefetch(code + line);
    }
  };
  const ScanQuery wanted = scan_query(query, most);
  for (size_t at = 0; at < least(ahead, count); ++at) fetch(at);
  for (size_t at = 0; at < count; ++at) {
    if (at + ahead < count) fetch(at + ahead);
    const uint64_t row = candidates[at];
    const uint64_t end = least(row + (uint64_t{1} << block_bits), all.rows);
    if (end - row != 1) {
      scan_for(wanted, all.codes, row, end, query, most, hits);
    } else if (half_distance(query.words, all.codes + row * kCodeBytes) <= most) {
      verify(all.codes, row, query, most, hits);
    }
  }
}

// Lists the entries of the groups' wanted slots and looks at what they name.
inline void follow(const BandTables& band, HammingGroup* groups, HammingGroup* end,
                   HammingQuery& query, unsigned most, uint64_t* candidates, HitBuffer& hits) {
  const uint64_t rows = band.all.rows;
  for (HammingGroup* group = groups; group != end; ++group) {
    group->at = least(band.before[group->at / kWordsCounted], rows);
    prefetch(band.last + group->at / 8);
  }
  size_t count = 0;
  for (const HammingGroup* group = groups; group != end; ++group) {
    uint64_t place = group->at;
    uint64_t passed = 0;
    for (uint64_t wanted = group->wanted; wanted != 0; wanted &= wanted - 1) {
      const uint64_t below = (wanted & -wanted) - 1;
      const uint64_t slot =
          group->passed + static_cast<uint64_t>(__builtin_popcountll(group->occupied & below));
      uint64_t skip = slot - passed;
      while (skip != 0 && place < rows) {
        const uint64_t last = band.last_from(place) & ((uint64_t{1} << 56) - 1);
        const auto here = static_cast<uint64_t>(__builtin_popcountll(last));
        if (skip <= here) {
          place += place_of(last, skip - 1) + 1;
          skip = 0;
        } else {
          place += 56;
          skip -= here;
          if (--query.budget < 0) return;
        }
      }
      for (bool more = true; more && place < rows; ++place) {
        more = (band.last_from(place) & 1) == 0;
        band.fetch_entry(place);
        candidates[count++] = place;
        if (count == kCandidates) {
          query.budget -= static_cast<int64_t>(count << band.block_bits());
          if (query.budget < 0) return;
          look_at(band, candidates, count, query, most, hits);
          count = 0;
        }
      }
      passed = slot + 1;
    }
  }
  query.budget -= static_cast<int64_t>(count << band.block_bits());
  if (query.budget >= 0) look_at(band, candidates, count, query, most, hits);
}

inline void probe(const HammingTables& tables, unsigned number, unsigned radius,
                  const LineFlips& flips, HammingQuery* queries, size_t count, unsigned most,
                  HammingWorkspace& workspace, HitBuffer& hits) {
  const BandTables band(tables, number);
  const SlotOf slot_of(tables, number);
  for (size_t place = 0; place < count; ++place) {
    HammingQuery& query = queries[place];
    if (query.budget < 0) continue;
    const uint64_t slot = slot_of(query.words);
    const uint64_t centre = slot >> kLineSlotBits;
    const auto line_of = [&](uint32_t flip) {
      return band.occupied + (centre ^ flips.masks[flip]) * kLineWords;
    };
    const uint32_t lines = flips.count[radius];
    for (uint32_t ahead = 0; ahead < least(lines, kLinesAhead); ++ahead) prefetch(line_of(ahead));
    HammingGroup* end = workspace.groups;
    uint32_t line = 0;
    for (unsigned flipped = 0; flipped <= radius; ++flipped) {
      uint64_t wanted[kLineWords];
      ball_of(slot & ((1u << kLineSlotBits) - 1), static_cast<int>(radius - flipped), wanted);
      for (; line < flips.count[flipped]; ++line) {
        if (line + kLinesAhead < lines) prefetch(line_of(line + kLinesAhead));
        const uint64_t first = (centre ^ flips.masks[line]) * kLineWords;
        HammingGroup* const more = groups_of_line(band.occupied + first, first, wanted, end);
        if (more != end) prefetch(band.before + first / kWordsCounted);
        end = more;
      }
    }
    follow(band, workspace.groups, end, query, most, workspace.candidates, hits);
  }
}

}  // namespace takeback::TAKEBACK_ISA
