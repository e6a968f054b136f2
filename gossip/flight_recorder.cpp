#include "gossip/flight_recorder.hpp"

#include <algorithm>
#include <utility>

namespace memberd {
namespace {

// A case has dozens of these, of which each says little.
bool is_one_of_many(EvidenceKind kind) {
    return kind == EvidenceKind::HelperAsked || kind == EvidenceKind::HelperNack ||
           kind == EvidenceKind::SuspectedBy;
}

}  // namespace

std::string_view to_string(EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::PingUnanswered:
            return "ping-unanswered";
        case EvidenceKind::HelperAsked:
            return "helper-asked";
        case EvidenceKind::HelperAlive:
            return "helper-alive";
        case EvidenceKind::HelperNack:
            return "helper-nack";
        case EvidenceKind::Suspected:
            return "suspected";
        case EvidenceKind::SuspectedBy:
            return "suspected-by";
        case EvidenceKind::Answered:
            return "answered";
        case EvidenceKind::Withdrawn:
            return "withdrawn";
        case EvidenceKind::DeclaredDead:
            return "declared-dead";
        case EvidenceKind::HeardDead:
            return "heard-dead";
        case EvidenceKind::DeathNotBelieved:
            return "death-not-believed";
        case EvidenceKind::Returned:
            return "returned";
        case EvidenceKind::LinkLost:
            return "link-lost";
        case EvidenceKind::AnswersTooLittle:
            return "answers-too-little";
        case EvidenceKind::LinkBroken:
            return "link-broken";
        case EvidenceKind::LinkMended:
            return "link-mended";
        case EvidenceKind::HeldBack:
            return "held-back";
        case EvidenceKind::AccuserNamed:
            return "accuser-named";
    }
    return "unknown";
}

void FlightRecorder::record(EvidenceEntry entry) {
    if (capacity_ == 0) {
        return;
    }
    if (entries_.size() < capacity_) {
        entries_.push_back(std::move(entry));
        return;
    }
    entries_[next_] = std::move(entry);
    next_ = (next_ + 1) % capacity_;
}

std::vector<EvidenceEntry> FlightRecorder::about(std::string_view subject) const {
    return telling_about(subject, entries_.size());
}

std::vector<EvidenceEntry> FlightRecorder::telling_about(std::string_view subject,
                                                         std::size_t count) const {
    std::vector<std::size_t> places;  // newest first
    for (std::size_t i = entries_.size(); i > 0; --i) {
        const std::size_t place = (next_ + i - 1) % entries_.size();
        if (entries_[place].subject == subject) {
            places.push_back(place);
        }
    }
    std::vector<bool> is_told(places.size(), false);
    std::size_t left = count;
    const auto tell = [&](std::size_t most, auto is_wanted) {
        most = std::min(most, left);
        for (std::size_t i = 0; i < places.size() && most > 0; ++i) {
            if (!is_told[i] && is_wanted(entries_[places[i]].kind)) {
                is_told[i] = true;
                --most;
                --left;
            }
        }
    };
    tell(count / 2, [](EvidenceKind kind) { return !is_one_of_many(kind); });
    tell(count, [](EvidenceKind) { return true; });
    std::vector<EvidenceEntry> found;
    for (std::size_t i = places.size(); i > 0; --i) {
        if (is_told[i - 1]) {
            found.push_back(entries_[places[i - 1]]);
        }
    }
    return found;
}

}  // namespace memberd
