namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Layout of a file with a sinogram.</summary>
public enum SinogramLayout
{
    /// <summary>The NeXus application definition NXxrdct, https://github.com/nexuscontributions/nxxrdct: ours and others'.</summary>
    Nxxrdct,

    /// <summary>nDTomo, https://github.com/antonyvam/nDTomo: <c>/data</c> and its axes at the root of the file.</summary>
    NDTomo,

    /// <summary>A dataset somewhere, with axes that the caller tells.</summary>
    Plain,
}
