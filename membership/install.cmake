# The client package: find_package(memberd) gives memberd::client. Included by cli/install.cmake.
include(CMakePackageConfigHelpers)
set(here ${CMAKE_CURRENT_LIST_DIR})
install(TARGETS memberd_client EXPORT memberd_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT memberd_targets FILE memberdTargets.cmake NAMESPACE memberd::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/memberd)

# Every header that client.hpp, reader.hpp and ring.hpp reach, and no other.
foreach(header client follow local_protocol member_info msgpack_scan reader ring ring_change ring_weight view)
  install(FILES ${here}/${header}.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/memberd/membership)
endforeach()
install(FILES ${here}/../gossip/member.hpp ${here}/../gossip/ring_digest.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/memberd/gossip)
install(FILES ${here}/../detector/check.hpp ${here}/../detector/result.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/memberd/detector)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/memberdConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${here}/memberdConfig.cmake ${PROJECT_BINARY_DIR}/memberdConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/memberd)
install(FILES ${here}/LOCAL_API.md ${here}/RING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${here}/examples/follow.py DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
