// How a subscriber comes to a view and stays with it: the rules of LOCAL_API.md section 4, without
// sockets.
//
// It is fed with publications and snapshots in whatever order and with whatever losses they arrive,
// and says when a snapshot is needed. Part of the client package. Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "membership/local_protocol.hpp"
#include "membership/view.hpp"

namespace memberd {

// What happened to the view since the last time one asked.
struct Batch {
    // The view was replaced by a snapshot: what was missed is only in the view, not in `events`.
    bool resynced = false;
    // Applied to the view, in order; those after the last snapshot where there was one.
    std::vector<Event> events;

    [[nodiscard]] bool empty() const { return !resynced && events.empty(); }
};

class Follow {
  public:
    // Events kept while a snapshot is awaited; beyond it they are dropped and cost another
    // snapshot.
    static constexpr std::size_t kKeptMax = 65'536;

    // True until a snapshot has arrived that leaves no gap. The caller asks for one, one at a time.
    [[nodiscard]] bool needs_snapshot() const { return needs_snapshot_; }

    [[nodiscard]] const View& view() const { return view_; }

    // Appends to `batch` what it changed.
    void publication(const local::Publication& publication, Batch& batch);
    void snapshot(View snapshot, Batch& batch);

    // Forces a snapshot: what is known may be old.
    void doubt() { needs_snapshot_ = true; }

  private:
    void keep(std::uint64_t epoch, Event event);
    void apply_kept(Batch& batch);

    View view_;
    bool needs_snapshot_ = true;
    std::uint64_t kept_epoch_ = 0;
    std::map<std::uint64_t, Event> kept_;  // by seq
    std::uint64_t seq_published_ = 0;      // the largest seq heard of in kept_epoch_
};

}  // namespace memberd
