# Finds libtorch's C++ API, from a package of the system or an archive named in CMAKE_PREFIX_PATH, and defines the target
# Libtorch::Libtorch. Its own configuration file asks for protobuf, glog and more, and sets flags.
find_path(Libtorch_API_DIR torch/torch.h PATH_SUFFIXES torch/csrc/api/include)
find_path(Libtorch_INCLUDE_DIR ATen/ATen.h)
foreach(part torch torch_cpu c10)
    find_library(Libtorch_${part}_LIBRARY ${part})
    list(APPEND parts Libtorch_${part}_LIBRARY)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch REQUIRED_VARS Libtorch_torch_LIBRARY ${parts} Libtorch_API_DIR
                                  Libtorch_INCLUDE_DIR REASON_FAILURE_MESSAGE "Debian's package is libtorch-dev.")

if(Libtorch_FOUND AND NOT TARGET Libtorch::Libtorch)
    add_library(Libtorch::Libtorch INTERFACE IMPORTED)
    set_target_properties(Libtorch::Libtorch PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${Libtorch_API_DIR};${Libtorch_INCLUDE_DIR}"
        INTERFACE_LINK_LIBRARIES "${Libtorch_torch_LIBRARY};${Libtorch_torch_cpu_LIBRARY};${Libtorch_c10_LIBRARY}")
endif()
mark_as_advanced(Libtorch_API_DIR Libtorch_INCLUDE_DIR ${parts})
