# The client package: find_package(memberd) gives memberd::client.
include(CMakePackageConfigHelpers)
install(TARGETS memberd_client EXPORT memberd_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT memberd_targets FILE memberdTargets.cmake NAMESPACE memberd::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/memberd)

# Every header that client.hpp and ring.hpp reach, and no other.
install(FILES client.hpp follow.hpp local_protocol.hpp member_info.hpp msgpack_scan.hpp reader.hpp ring.hpp
              ring_change.hpp ring_weight.hpp view.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/memberd/membership)
install(FILES ../gossip/member.hpp ../gossip/ring_digest.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/memberd/gossip)
install(FILES ../detector/check.hpp ../detector/result.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/memberd/detector)

write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/memberdConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES memberdConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/memberdConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/memberd)
install(FILES LOCAL_API.md RING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES examples/follow.py DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
