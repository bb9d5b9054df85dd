namespace XrdCt.Live.Server.Configuration;

/// <summary>The files that say where the detector stands and what its pixels are worth. What is null was not said; paths are whole.</summary>
internal sealed record DetectorFiles
{
    /// <summary>Where the detector stands.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>Mask: a file, or an HDF5 file with the dataset behind two colons.</summary>
    public string? Mask { get; init; }

    /// <summary>Flat field, likewise.</summary>
    public string? FlatField { get; init; }

    /// <summary>Dark image, likewise.</summary>
    public string? Dark { get; init; }

    /// <summary>What a configuration says.</summary>
    /// <param name="section">Its section.</param>
    /// <param name="folder">Folder that paths in it are relative to.</param>
    public static DetectorFiles Of(GeometrySection section, string folder)
    {
        return new DetectorFiles
        {
            Calibration = Whole(section.Poni) is string poni ? new Calibration(poni) : null,
            Mask = Whole(section.Mask),
            FlatField = Whole(section.FlatField),
            Dark = Whole(section.Dark),
        };

        string? Whole(string? path) => path is null ? null : Path.GetFullPath(Path.Combine(folder, path));
    }

    /// <summary>What this says, and what <paramref name="below"/> says where this says nothing.</summary>
    public DetectorFiles Over(DetectorFiles? below) => below is null ? this : new DetectorFiles
    {
        Calibration = Calibration ?? below.Calibration,
        Mask = Mask ?? below.Mask,
        FlatField = FlatField ?? below.FlatField,
        Dark = Dark ?? below.Dark,
    };
}
