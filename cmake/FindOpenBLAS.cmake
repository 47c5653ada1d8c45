# Finds OpenBLAS, its BLAS and its LAPACK, by name alone, and defines the target OpenBLAS::OpenBLAS. Debian's own
# configuration file sets variables only and names the folder of one threading flavour, which an installed package must
# not repeat; here nothing found at one place is written into another.
#
#   OpenBLAS_INCLUDE_DIR  the folder of cblas.h
#   OpenBLAS_LIBRARY      the library

# openblas_config.h stands beside OpenBLAS's own cblas.h; a cblas.h alone may be another library's.
find_path(OpenBLAS_INCLUDE_DIR openblas_config.h
          PATH_SUFFIXES openblas-pthread openblas-openmp openblas-serial openblas)
find_library(OpenBLAS_LIBRARY openblas PATH_SUFFIXES openblas-pthread openblas-openmp openblas-serial)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLAS REQUIRED_VARS OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR
                                  REASON_FAILURE_MESSAGE "Debian's package is libopenblas-dev.")

if(OpenBLAS_FOUND AND NOT TARGET OpenBLAS::OpenBLAS)
    add_library(OpenBLAS::OpenBLAS UNKNOWN IMPORTED)
    set_target_properties(OpenBLAS::OpenBLAS PROPERTIES IMPORTED_LOCATION ${OpenBLAS_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${OpenBLAS_INCLUDE_DIR})
endif()
mark_as_advanced(OpenBLAS_INCLUDE_DIR OpenBLAS_LIBRARY)
