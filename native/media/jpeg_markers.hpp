// What a JPEG's markers say before anything is decoded: its passes, where its Exif lies, and what of
// it brightness can do without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace takeback {

// A part of a file, in bytes from its start.
struct Extent {
  size_t at;
  size_t length;
};

// What the first frame header says (ITU-T T.81, B.2.2); all 0 where there is none, or half of one.
struct JpegFrame {
  unsigned marker = 0;     // second byte of the marker: 0xC0 is baseline, and so on (table B.1)
  unsigned precision = 0;  // bits of a sample
  unsigned height = 0;     // rows; 0 if the file tells their number after the first scan (B.2.5)
  unsigned width = 0;
  // Whether the first component is brightness: judged as libjpeg does, by what comes before this.
  bool brightness_first = false;
};

struct JpegMarkers {
  size_t scans = 0;          // passes that a decoder makes, at most; `most_scans` and one for more
  JpegFrame frame;
  std::vector<Extent> exif;  // none, or the first before any scan that holds something
  // Of a progressive JPEG that is there to its end, the scans that refine colour and nothing else.
  // Without them it has the same brightness, to the bit, and less to decode. What was cut short is
  // smoothed by what the decoder knows of all components, so nothing of it can be left out.
  std::vector<Extent> colour_refinements;
};

// Walks the segments of ITU-T T.81, annex B, up to the end of the image; a preview or a film behind
// it is not looked at. Reads within [data, data + size) only, whatever the file says, and takes
// time in proportion to `size`; of a sequential JPEG in one scan it reads the header alone. With more
// than `most_scans` scans, which take memory here, it stops.
inline JpegMarkers jpeg_markers(const uint8_t* data, size_t size, size_t most_scans) {
  constexpr uint8_t kFill = 0xFF;
  constexpr uint8_t kStuffing = 0x00;
  constexpr uint8_t kTemporary = 0x01;
  constexpr uint8_t kFirstRestart = 0xD0;
  constexpr uint8_t kStartOfImage = 0xD8;
  constexpr uint8_t kEndOfImage = 0xD9;
  constexpr uint8_t kStartOfScan = 0xDA;
  constexpr uint8_t kApplication0 = 0xE0;
  constexpr uint8_t kApplication1 = 0xE1;
  constexpr uint8_t kApplication14 = 0xEE;
  constexpr size_t kFrameComponents = 7;  // where a frame header counts its components (B.2.2)
  constexpr size_t kFirstComponent = 8;   // where the first of them is named
  constexpr size_t kNextComponent = 3;    // bytes from there to the next
  constexpr size_t kScanComponents = 2;   // and a scan header (B.2.3)
  constexpr char kJfif[] = {'J', 'F', 'I', 'F', 0};
  constexpr size_t kJfifLength = 16;
  // Adobe's segment tells whether colours were transformed (T.872, 6.5.3).
  constexpr char kAdobe[] = {'A', 'd', 'o', 'b', 'e'};
  constexpr size_t kAdobeTransform = 13;
  // A sixth byte fills up; browsers take any.
  constexpr char kExif[] = {'E', 'x', 'i', 'f', 0};
  constexpr size_t kExifHeader = sizeof kExif + 1;

  JpegMarkers found;
  unsigned sequential_components = 0;  // 0: no frame yet, or one that may take many passes
  bool progressive = false;
  unsigned brightness = 0;       // the first component of a progressive frame
  bool jfif = false;             // whose colours are always brightness and two differences
  bool adobe = false;
  bool transformed = false;      // so says Adobe's segment
  size_t refinement_begins = 0;  // where such a scan's marker lies that has not ended yet; or 0
  const auto end_refinement = [&](size_t end) {
    if (refinement_begins == 0) return;
    found.colour_refinements.push_back({refinement_begins, end - refinement_begins});
    refinement_begins = 0;
  };
  size_t at = 2;
  while (at < size) {
    const void* fill = std::memchr(data + at, kFill, size - at);
    if (fill == nullptr) break;
    at = static_cast<size_t>(static_cast<const uint8_t*>(fill) - data);
    const size_t marker_at = at;
    while (at < size && data[at] == kFill) ++at;
    if (at == size) break;
    const uint8_t marker = data[at++];
    if (marker >= kFirstRestart && marker <= kStartOfImage) continue;
    if (marker == kStuffing || marker == kTemporary) continue;
    end_refinement(marker_at);
    if (marker == kEndOfImage) return found;
    if (size - at < 2) {
      found.scans += marker == kStartOfScan;
      break;
    }
    // The length counts its own two bytes.
    const size_t length = static_cast<size_t>(data[at]) << 8 | data[at + 1];
    const bool whole = length <= size - at;
    const auto byte = [&](size_t index) -> unsigned {
      return whole && index < length ? data[at + index] : 0;
    };
    // All but tables of Huffman codes, an extension and arithmetic conditions.
    const bool begins_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (begins_frame && found.frame.marker == 0) {
      const auto named = [&](size_t component) {
        return byte(kFirstComponent + component * kNextComponent);
      };
      const unsigned components = byte(kFrameComponents);
      const bool rgb = adobe ? !transformed
                             : named(0) == 'R' && named(1) == 'G' && named(2) == 'B';
      found.frame = {marker, byte(2), byte(3) << 8 | byte(4), byte(5) << 8 | byte(6),
                     components == 1 || (components == 3 && (jfif || !rgb))};
    }
    switch (marker) {
      case 0xC0:  // sequential: baseline, extended, and extended with arithmetic coding (B.2.1)
      case 0xC1:
      case 0xC9:
        sequential_components = byte(kFrameComponents);
        progressive = false;
        break;
      case 0xC2:  // progressive, with Huffman or arithmetic coding
      case 0xCA:
        sequential_components = 0;
        progressive = true;
        brightness = byte(kFirstComponent);
        break;
      case kStartOfScan:
        if (++found.scans > most_scans) {
          found.colour_refinements.clear();
          return found;
        }
        // All there is comes in this scan: libjpeg, too, ends with it.
        if (sequential_components != 0 && byte(kScanComponents) >= sequential_components) {
          found.colour_refinements.clear();
          return found;
        }
        // One component, not the first, and not the lowest frequency: with more than one, a
        // progressive scan may hold nothing else (G.1.1.1.1).
        if (progressive && whole && byte(kScanComponents) == 1 &&
            byte(kScanComponents + 1) != brightness && byte(kScanComponents + 3) != 0) {
          refinement_begins = marker_at;
        }
        break;
      case kApplication1:
        // What a second segment holds no browser reads, even if the first one points there.
        if (found.scans == 0 && found.exif.empty() && whole && length > 2 + kExifHeader &&
            std::memcmp(data + at + 2, kExif, sizeof kExif) == 0) {
          found.exif.push_back({at + 2 + kExifHeader, length - 2 - kExifHeader});
        }
        break;
      case kApplication0:
        jfif = jfif || (length >= kJfifLength && whole &&
                        std::memcmp(data + at + 2, kJfif, sizeof kJfif) == 0);
        break;
      case kApplication14:
        if (length > kAdobeTransform && whole &&
            std::memcmp(data + at + 2, kAdobe, sizeof kAdobe) == 0) {
          adobe = true;
          transformed = byte(kAdobeTransform) != 0;
        }
        break;
      default:
        break;
    }
    if (!whole) break;
    at += length;
  }
  found.colour_refinements.clear();
  return found;
}

}  // namespace takeback
