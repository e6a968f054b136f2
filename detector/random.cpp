#include "detector/random.hpp"

#include <bit>

namespace memberd {

Random::Random(std::uint64_t seed) : state_{} {
    for (auto& word : state_) {
        word = mix64(seed);
        seed += 0x9e3779b97f4a7c15ULL;
    }
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    // The product's upper half is the draw; a lower half under the threshold would favour small
    // values, so draw again.
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(next()) * bound;
    auto low = static_cast<std::uint64_t>(product);
    if (low < bound) {
        const std::uint64_t threshold = (0 - bound) % bound;
        while (low < threshold) {
            product = static_cast<Wide>(next()) * bound;
            low = static_cast<std::uint64_t>(product);
        }
    }
    return static_cast<std::uint64_t>(product >> 64);
}

double Random::unit() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

bool Random::chance(double p) {
    return unit() < p;
}

Duration Random::between(Duration low, Duration high) {
    if (high <= low) {
        return low;
    }
    return low + Duration(static_cast<Duration::rep>(
                     below(static_cast<std::uint64_t>((high - low).count()))));
}

Random Random::fork() {
    return Random(next());
}

}  // namespace memberd
