# What `cmake --install` puts where; included last by the top CMakeLists.txt, when every target is known.
set(MEMBERD_UNIT_DIR ${CMAKE_INSTALL_PREFIX}/lib/systemd/system CACHE PATH "Where memberd.service is installed")

if(TARGET memberd)
  # The unit names the program by its full path, so the prefix is the one given at configuration.
  set(bindir ${CMAKE_INSTALL_FULL_BINDIR})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/memberd.service ${PROJECT_BINARY_DIR}/memberd.service @ONLY)
  install(TARGETS memberd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_BINARY_DIR}/memberd.service DESTINATION ${MEMBERD_UNIT_DIR})
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/memberd.toml.example DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/man/memberd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/completion/memberd
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()

if(TARGET memberctl)
  install(TARGETS memberctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/man/memberctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/completion/memberctl
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()

# The client package (find_package(memberd), target memberd::client) is installed by membership/install.cmake.
if(EXISTS ${PROJECT_SOURCE_DIR}/membership/install.cmake)
  include(${PROJECT_SOURCE_DIR}/membership/install.cmake)
endif()
