#include "chaos/sim/trace_hash.hpp"

#include <xxhash.h>

namespace memberd::sim {

void TraceHash::add(Bytes bytes) {
    add(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace memberd::sim
