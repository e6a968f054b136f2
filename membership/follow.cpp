#include "membership/follow.hpp"

#include <algorithm>
#include <utility>

namespace memberd {

void Follow::publication(const local::Publication& publication, Batch& batch) {
    if (publication.kind == local::PublicationKind::Unknown) {
        return;
    }
    if (publication.epoch != kept_epoch_) {
        kept_epoch_ = publication.epoch;
        kept_.clear();
        seq_published_ = 0;
    }
    seq_published_ = std::max(seq_published_, publication.seq);
    if (publication.kind == local::PublicationKind::Event) {
        Result<Event> event = event_from_document(publication.event);
        if (event && event->seq == publication.seq) {
            keep(publication.epoch, *std::move(event));
        }
    }
    apply_kept(batch);
}

void Follow::snapshot(View snapshot, Batch& batch) {
    view_ = std::move(snapshot);
    if (view_.epoch() != kept_epoch_) {
        // It came before the first publication of its epoch.
        kept_epoch_ = view_.epoch();
        kept_.clear();
        seq_published_ = 0;
    }
    batch.resynced = true;
    batch.events.clear();
    needs_snapshot_ = false;
    apply_kept(batch);
}

void Follow::keep(std::uint64_t epoch, Event event) {
    if (epoch == view_.epoch() && event.seq <= view_.seq()) {
        return;
    }
    if (kept_.size() == kKeptMax) {
        kept_.clear();  // seq_published_ remembers that they were there
    }
    const std::uint64_t seq = event.seq;
    kept_.emplace(seq, std::move(event));
}

// Applies what follows without a hole. What is left over, another epoch, or a seq that was
// published and never arrived, is a gap.
void Follow::apply_kept(Batch& batch) {
    if (kept_epoch_ != view_.epoch()) {
        needs_snapshot_ = true;
        return;
    }
    kept_.erase(kept_.begin(), kept_.upper_bound(view_.seq()));
    while (!kept_.empty() && kept_.begin()->first == view_.seq() + 1) {
        Event event = std::move(kept_.begin()->second);
        kept_.erase(kept_.begin());
        view_.apply(event);
        batch.events.push_back(std::move(event));
    }
    if (seq_published_ > view_.seq()) {
        needs_snapshot_ = true;
    }
}

}  // namespace memberd
