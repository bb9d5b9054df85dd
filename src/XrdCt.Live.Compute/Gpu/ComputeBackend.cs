namespace XrdCt.Live.Compute.Gpu;

/// <summary>What integrates the frames.</summary>
public enum ComputeBackend
{
    /// <summary>The first CUDA device where there is one, else the CPU.</summary>
    Auto,

    /// <summary>The CPU's cores.</summary>
    Cpu,

    /// <summary>An NVIDIA device.</summary>
    Cuda,

    /// <summary>A device with OpenCL.</summary>
    OpenCl,
}
