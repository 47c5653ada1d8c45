# The installed package. The data is found from the place of the headers (see datasets/mnist.h), which works wherever the
# prefix is moved and with any build system; so these two folders are fixed.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/xgrad)
install(TARGETS xgrad EXPORT xgradTargets)
# The names of what no other file can see are a twentieth of the archive.
if(CMAKE_STRIP AND NOT BUILD_SHARED_LIBS AND CMAKE_BUILD_TYPE STREQUAL "Release")
    install(CODE "execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded
                \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/$<TARGET_FILE_NAME:xgrad>\"
                COMMAND_ERROR_IS_FATAL ANY)")
endif()
install(EXPORT xgradTargets NAMESPACE xgrad:: DESTINATION ${package_dir})
configure_package_config_file(cmake/xgradConfig.cmake.in xgradConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(xgradConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/xgradConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/xgradConfigVersion.cmake
              ${CMAKE_CURRENT_SOURCE_DIR}/cmake/FindOpenBLAS.cmake DESTINATION ${package_dir})

install(FILES xgrad.h DESTINATION include)
file(GLOB opt_in_headers CONFIGURE_DEPENDS *.h)
list(REMOVE_ITEM opt_in_headers ${CMAKE_CURRENT_SOURCE_DIR}/xgrad.h)
install(FILES ${opt_in_headers} DESTINATION include/xgrad)
install(DIRECTORY autograd nn datasets DESTINATION include/xgrad FILES_MATCHING PATTERN *.h PATTERN *.inc PATTERN ops EXCLUDE
        PATTERN datasets/mnist EXCLUDE)
# Of the operations' headers those that <xgrad/autograd/fuse.h> includes.
install(FILES autograd/ops/map.h autograd/ops/type_list.h DESTINATION include/xgrad/autograd/ops)
install(DIRECTORY autograd/ops/simd DESTINATION include/xgrad/autograd/ops FILES_MATCHING PATTERN *.h)
install(DIRECTORY autograd/ops/elementwise DESTINATION include/xgrad/autograd/ops FILES_MATCHING
        PATTERN fused*.h PATTERN row.h PATTERN rows_*.h)
install(DIRECTORY datasets/mnist DESTINATION share/xgrad)
install(FILES autograd/xgrad_gdb.py DESTINATION share/xgrad/gdb)
install(FILES LICENSE DESTINATION share/doc/xgrad)

# pkg-config: an archive does not name the libraries it needs, a shared library does.
set(pc_dependencies "-lopenblas -lz -pthread")
if(BUILD_SHARED_LIBS)
    set(pc_libs "")
    set(pc_libs_private "${pc_dependencies}")
else()
    set(pc_libs " ${pc_dependencies}")
    set(pc_libs_private "")
endif()
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_prefix /${pc_dir} /.)
configure_file(cmake/xgrad.pc.in xgrad.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/xgrad.pc DESTINATION ${pc_dir})
