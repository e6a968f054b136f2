#include "membership/view.hpp"

#include <array>
#include <utility>

namespace memberd {
namespace {

constexpr std::array kTypes{EventType::Alive, EventType::Suspect, EventType::Dead,
                            EventType::Left,  EventType::Updated, EventType::Forgotten,
                            EventType::Ring,  EventType::Link};

Error bad(std::string text) {
    return Error{ErrorCode::BadInput, std::move(text)};
}

std::string text_of(const Document& document, const char* key) {
    const Document* value = value_of(document, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<std::uint64_t> number_of(const Document& document, const char* key) {
    const Document* value = value_of(document, key);
    if (value == nullptr || !value->is_number_unsigned()) {
        return std::nullopt;
    }
    return value->get<std::uint64_t>();
}

Document moved_document(const std::vector<MovedRange>& moved) {
    Document ranges = Document::array();
    for (const MovedRange& range : moved) {
        ranges.push_back(Document{{"start", hex16(range.start)},
                                  {"end", hex16(range.end)},
                                  {"from", range.from},
                                  {"to", range.to}});
    }
    return ranges;
}

bool read_moved(const Document& document, std::vector<MovedRange>& moved) {
    const Document* ranges = value_of(document, "moved");
    if (ranges == nullptr || !ranges->is_array()) {
        return false;
    }
    for (const Document& range : *ranges) {
        if (!range.is_object()) {
            return false;
        }
        const auto start = parse_hex16(text_of(range, "start"));
        const auto end = parse_hex16(text_of(range, "end"));
        if (!start || !end) {
            return false;
        }
        moved.push_back(MovedRange{*start, *end, text_of(range, "from"), text_of(range, "to")});
    }
    return true;
}

Status read_ring(const Document& document, Event& event) {
    event.ring_digest = text_of(document, "digest");
    const auto part = number_of(document, "part");
    const auto parts = number_of(document, "parts");
    const Document* truncated = value_of(document, "truncated");
    if (!parse_hex16(event.ring_digest) || !part || !parts || truncated == nullptr ||
        !truncated->is_boolean() || !read_moved(document, event.moved)) {
        return bad("a ring event without a valid digest, moved, part, parts or truncated");
    }
    event.part = static_cast<std::uint32_t>(*part);
    event.parts = static_cast<std::uint32_t>(*parts);
    event.truncated = truncated->get<bool>();
    return Status();
}

}  // namespace

std::string_view to_string(EventType type) {
    switch (type) {
        case EventType::Alive:
            return "alive";
        case EventType::Suspect:
            return "suspect";
        case EventType::Dead:
            return "dead";
        case EventType::Left:
            return "left";
        case EventType::Updated:
            return "updated";
        case EventType::Forgotten:
            return "forgotten";
        case EventType::Ring:
            return "ring";
        case EventType::Link:
            return "link";
        case EventType::Other:
            return "other";
    }
    return "";
}

std::string_view to_string(LinkCondition condition) {
    return condition == LinkCondition::Broken ? "broken" : "mended";
}

EventType event_type(MemberState state) {
    switch (state) {
        case MemberState::Alive:
            return EventType::Alive;
        case MemberState::Suspect:
            return EventType::Suspect;
        case MemberState::Dead:
            return EventType::Dead;
        case MemberState::Left:
            return EventType::Left;
    }
    return EventType::Other;
}

Document to_document(const Event& event) {
    Document document{{"seq", event.seq}, {"time", event.time}, {"type", to_string(event.type)}};
    if (event.member) {
        document["member"] = to_document(*event.member);
    }
    if (event.type == EventType::Ring) {
        document["digest"] = event.ring_digest;
        document["moved"] = moved_document(event.moved);
        document["part"] = event.part;
        document["parts"] = event.parts;
        document["truncated"] = event.truncated;
    }
    if (event.type == EventType::Link) {
        document["state"] = to_string(event.link);
    }
    return document;
}

Result<Event> event_from_document(const Document& document) {
    if (!document.is_object()) {
        return bad("an event is a map");
    }
    Event event;
    const auto seq = number_of(document, "seq");
    const std::string type = text_of(document, "type");
    event.time = text_of(document, "time");
    if (!seq || type.empty() || event.time.empty()) {
        return bad("an event without seq, time or type");
    }
    event.seq = *seq;
    for (const EventType known : kTypes) {
        if (type == to_string(known)) {
            event.type = known;
        }
    }
    if (event.type == EventType::Link) {
        const std::string state = text_of(document, "state");
        event.link = state == to_string(LinkCondition::Mended) ? LinkCondition::Mended
                                                               : LinkCondition::Broken;
        if (state != to_string(event.link)) {
            event.type = EventType::Other;  // A condition of a later version.
        }
    }
    if (event.type == EventType::Other) {
        return event;
    }
    if (event.type == EventType::Ring) {
        if (const Status status = read_ring(document, event); !status) {
            return status.error();
        }
        return event;
    }
    const Document* member = value_of(document, "member");
    if (member == nullptr) {
        return bad("an event of a member without the member");
    }
    Result<MemberInfo> info = member_from_document(*member);
    if (!info) {
        return info.error();
    }
    event.member = *std::move(info);
    return event;
}

View::View(std::uint64_t epoch, std::uint64_t seq, std::string ring_digest, Members members)
    : epoch_(epoch),
      seq_(seq),
      ring_digest_(std::move(ring_digest)),
      members_(std::move(members)) {}

void View::apply(const Event& event) {
    MEMBERD_CHECK(event.seq == seq_ + 1, "events are applied one by one, without holes");
    seq_ = event.seq;
    switch (event.type) {
        case EventType::Alive:
        case EventType::Suspect:
        case EventType::Dead:
        case EventType::Left:
        case EventType::Updated:
            members_.insert_or_assign(event.member->name, *event.member);
            break;
        case EventType::Forgotten:
            members_.erase(event.member->name);
            break;
        case EventType::Ring:
            ring_digest_ = event.ring_digest;
            break;
        case EventType::Link:
        case EventType::Other:
            break;
    }
}

const MemberInfo* View::find(std::string_view name) const {
    const auto found = members_.find(name);
    return found == members_.end() ? nullptr : &found->second;
}

Ring View::build_ring() const {
    std::vector<RingMember> members;
    for (const auto& [name, member] : members_) {
        if (member.is_on_ring()) {
            members.push_back(ring_member(member));
        }
    }
    return Ring::build(members);
}

Document to_snapshot(const View& view) {
    Document members = Document::array();
    for (const auto& [name, member] : view.members()) {
        members.push_back(to_document(member));
    }
    return Document{{"epoch", view.epoch()},
                    {"seq", view.seq()},
                    {"ring_digest", view.ring_digest()},
                    {"members", std::move(members)}};
}

Result<View> view_from_snapshot(const Document& document) {
    if (!document.is_object()) {
        return bad("a snapshot is a map");
    }
    const auto epoch = number_of(document, "epoch");
    const auto seq = number_of(document, "seq");
    const Document* list = value_of(document, "members");
    if (!epoch || !seq || list == nullptr || !list->is_array()) {
        return bad("a snapshot without epoch, seq or members");
    }
    Members members;
    for (const Document& entry : *list) {
        Result<MemberInfo> member = member_from_document(entry);
        if (!member) {
            return member.error();
        }
        std::string name = member->name;
        members.insert_or_assign(std::move(name), *std::move(member));
    }
    return View(*epoch, *seq, text_of(document, "ring_digest"), std::move(members));
}

}  // namespace memberd
