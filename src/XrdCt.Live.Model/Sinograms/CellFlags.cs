namespace XrdCt.Live.Model.Sinograms;

/// <summary>What is known of a cell of a sinogram besides its value; a byte per cell in the file.</summary>
[Flags]
public enum CellFlags : byte
{
    /// <summary>Measured, nothing to say.</summary>
    None = 0,

    /// <summary>Not measured.</summary>
    Unmeasured = 1,

    /// <summary>Measured where a monitor value is missing or no positive number: not normalised.</summary>
    NoMonitor = 2,

    /// <summary>Outside the sample: the air scatter is taken from here.</summary>
    Air = 4,

    /// <summary>Of a line that is far darker than the lines beside it.</summary>
    DeadLine = 8,

    /// <summary>Of a line that is far brighter than the lines beside it.</summary>
    HotLine = 16,

    /// <summary>Large crystallites reflect here: the trimmed and the plain mean differ far more than elsewhere.</summary>
    Spotty = 32,

    /// <summary>Measured where a transmission is missing or no positive number, though other frames carry one: not divided by it.</summary>
    NoTransmission = 64,

    /// <summary>Of a dead or hot line: the corrected value is what the lines beside it let expect.</summary>
    Interpolated = 128,
}
