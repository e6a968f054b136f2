// The membership as an application sees it, and the numbered events that change it.
//
// The same code holds the view in the agent and in every client, so that both agree by
// construction: whoever applied the same events to the same snapshot has the same view.
// LOCAL_API.md section 3 and 4. Part of the client package. Thread rule: plain values, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "membership/member_info.hpp"
#include "membership/ring.hpp"
#include "membership/ring_change.hpp"

namespace memberd {

enum class EventType : std::uint8_t {
    Alive,
    Suspect,
    Dead,
    Left,
    Updated,
    Forgotten,
    Ring,
    Link,   // to a member, which others reach: changes nothing in the view
    Other,  // of a later version: changes nothing that we know of
};

std::string_view to_string(EventType type);

// Of the link from this agent to a member that others prove alive.
enum class LinkCondition : std::uint8_t {
    Broken,  // the member does not answer this agent
    Mended,
};

std::string_view to_string(LinkCondition condition);

// The type of the event of a member that enters this state.
EventType event_type(MemberState state);

// A ring event lists at most this many ranges; the rest follows in further events.
inline constexpr std::size_t kMovedRangesMax = 1000;
// A change of more ranges than this is not listed.
inline constexpr std::size_t kMovedRangesTotalMax = 16'000;

struct Event {
    std::uint64_t seq = 0;
    std::string time;  // RFC 3339, microseconds, UTC
    EventType type = EventType::Other;
    std::optional<MemberInfo> member;  // of Alive to Forgotten and of Link: always there

    // Of type Ring.
    std::string ring_digest;
    std::vector<MovedRange> moved;
    std::uint32_t part = 1;
    std::uint32_t parts = 1;
    bool truncated = false;  // `moved` is empty because it would be too long

    LinkCondition link = LinkCondition::Broken;  // of type Link
};

Document to_document(const Event& event);
Result<Event> event_from_document(const Document& document);

using Members = std::map<std::string, MemberInfo, std::less<>>;

class View {
  public:
    View() = default;
    // A snapshot: what the view is when event `seq` of `epoch` has been applied.
    View(std::uint64_t epoch, std::uint64_t seq, std::string ring_digest, Members members);

    // Applies the event that follows: event.seq must be seq() + 1 (checked).
    void apply(const Event& event);

    [[nodiscard]] const Members& members() const { return members_; }

    [[nodiscard]] const MemberInfo* find(std::string_view name) const;

    // Of the agent's run; 0 before the first snapshot.
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

    // Of the last event applied.
    [[nodiscard]] std::uint64_t seq() const { return seq_; }

    [[nodiscard]] const std::string& ring_digest() const { return ring_digest_; }

    // The ring over the alive and the suspect. O(m log m + p log p): build it once a change.
    [[nodiscard]] Ring build_ring() const;

  private:
    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;
    std::string ring_digest_;
    Members members_;
};

// The document of op `snapshot`, and back.
Document to_snapshot(const View& view);
Result<View> view_from_snapshot(const Document& document);

}  // namespace memberd
